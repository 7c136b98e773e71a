import { newId, type Ctx } from '@leadwire/kernel';
import { eventually, TestRights } from '@leadwire/testing';
import { GatewayFixture, problemIn } from './gateway-fixture.js';
import { SseClient } from './sse-client.js';

describe('what a session may do', () => {
  let gateway: GatewayFixture;
  let rights: TestRights;
  const seen: Ctx[] = [];

  beforeAll(async () => {
    const list = (ctx: Ctx) => {
      seen.push(ctx);
      return { items: [], next: null };
    };
    gateway = await GatewayFixture.start({ things: { list, remove: () => undefined } });
    rights = new TestRights(gateway.connection);
    await rights.changeForEverybody({});
  });
  afterAll(() => gateway.stop());

  const remove = (token: string) => gateway.fetch(`/v1/things/${newId()}`, { method: 'DELETE', token });

  it('is what its team’s snapshot says, from one moment to the next, under one and the same token', async () => {
    const [tenantId, userId] = [newId(), newId()];
    const token = await gateway.token({ tenantId, userId, role: 'agent' });
    expect((await remove(token)).status).toBe(403);
    await rights.change(tenantId, { rights: { [userId]: { 'leads.delete': true, 'leads.read': false } } });
    await eventually(async () => (await remove(token)).status === 204);
    expect((await gateway.fetch('/v1/things', { token })).status).toBe(403);
    await rights.change(tenantId, {});
    await eventually(async () => (await remove(token)).status === 403);
  });

  it('travels with the request, so that services see the same', async () => {
    const [tenantId, userId] = [newId(), newId()];
    await rights.change(tenantId, {
      features: { email_campaigns: false },
      rights: { [userId]: { 'billing.topup': true } },
    });
    await gateway.fetch('/v1/things', { token: await gateway.token({ tenantId, userId, role: 'manager' }) });
    const held = seen.find((ctx) => ctx.userId === userId)?.capabilities;
    expect([held?.has('billing.topup'), held?.has('campaigns.launch'), held?.has('leads.write')]).toEqual([
      true,
      false,
      true,
    ]);
  });

  it.each([
    ['the role', 'viewer', {}, 'role'],
    ['a denial', 'owner', { 'leads.delete': false }, 'denial'],
  ] as const)('is refused with the rule that decided: %s', async (_, role, personal, decidedBy) => {
    const [tenantId, userId] = [newId(), newId()];
    await rights.change(tenantId, { rights: { [userId]: personal } });
    const problem = await problemIn(await remove(await gateway.token({ tenantId, userId, role })));
    expect(problem).toMatchObject({ code: 'request.forbidden', capability: 'leads.delete', decidedBy });
  });

  it('is told without the rule to who may not even read about the team', async () => {
    const [tenantId, userId] = [newId(), newId()];
    await rights.change(tenantId, { rights: { [userId]: { 'tenant.read': false } } });
    const problem = await problemIn(await remove(await gateway.token({ tenantId, userId, role: 'viewer' })));
    expect(problem).not.toHaveProperty('decidedBy');
  });

  it('is nothing while its team is not active', async () => {
    const tenantId = newId();
    await rights.change(tenantId, { status: 'suspended' });
    expect((await gateway.fetch('/v1/things', { token: await gateway.token({ tenantId }) })).status).toBe(
      403,
    );
  });

  it('ends an open stream with the right to follow', async () => {
    const [tenantId, userId] = [newId(), newId()];
    const token = await gateway.token({ tenantId, userId });
    const client = await SseClient.open(`${gateway.url}/v1/events/stream`, token);
    const other = await SseClient.open(`${gateway.url}/v1/events/stream`, await gateway.token({ tenantId }));
    await rights.change(tenantId, { rights: { [userId]: { 'events.stream': false } } });
    await eventually(() => client.ended);
    expect(client.signals).toEqual([{ event: 'reauth', data: { reason: 'forbidden' } }]);
    expect(other.ended).toBe(false);
    await Promise.all([client.close(), other.close()]);
  });
});

describe('while identity is away', () => {
  let gateway: GatewayFixture;
  let rights: TestRights;

  beforeAll(async () => {
    gateway = await GatewayFixture.start({ things: { list: () => ({ items: [], next: null }) } });
    rights = new TestRights(gateway.connection);
    // So that the signing key is known.
    expect((await gateway.fetch('/v1/things')).status).toBe(200);
    await gateway.takeAway();
  });
  afterAll(() => gateway.stop());

  it('rights come from what it published, also of teams that were never asked about', async () => {
    const tenantId = newId();
    await rights.changeForEverybody({});
    await rights.change(tenantId, {});
    expect((await gateway.fetch('/v1/things', { token: await gateway.token({ tenantId }) })).status).toBe(
      200,
    );
  });

  it('rights that nobody published are not guessed', async () => {
    const problem = await problemIn(await gateway.fetch('/v1/things'));
    expect(problem).toMatchObject({ status: 503, code: 'request.unavailable' });
  });
});
