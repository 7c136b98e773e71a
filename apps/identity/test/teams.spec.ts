import {
  MembershipCreated,
  teamsApi,
  TenantCreated,
  type Page,
  type MyTeam,
  type TeamsApi,
} from '@leadwire/contracts';
import { newId, systemCtx } from '@leadwire/kernel';
import type { TestService } from '@leadwire/testing';
import { memberIn, signedIn, signUp, startIdentity } from './identity-client.js';

describe('the teams of a person', () => {
  let service: TestService;
  let teams: TeamsApi;

  beforeAll(async () => {
    service = await startIdentity();
    teams = service.client(teamsApi);
  });
  afterAll(() => service.stop());

  it('grow by one that they make, own and find in their list', async () => {
    const session = await signUp(service);
    const ctx = signedIn(session);
    const made = await teams.create(ctx, { name: ' Second Team ' });
    expect(made).toMatchObject({ name: 'Second Team', slug: 'second-team', status: 'active' });
    expect((await teams.list(ctx, {})).items).toMatchObject([
      { id: session.tenant.id, role: 'owner', restorableUntil: null },
      { id: made.id, role: 'owner', status: 'active', joinedAt: expect.any(String) },
    ]);
    expect(await service.events(TenantCreated, made.id)).toMatchObject([
      { data: { name: 'Second Team', slug: 'second-team', ownerUserId: session.user.id } },
    ]);
    expect(await service.events(MembershipCreated, made.id)).toMatchObject([
      { data: { userId: session.user.id, role: 'owner' } },
    ]);
  });

  it('are listed page by page with the role of each, and are nobody else’s', async () => {
    const [host, stranger] = await Promise.all([signUp(service), signUp(service)]);
    const guest = await memberIn(service, host, 'agent');
    await teams.create(guest.ctx, { name: 'Third' });
    const first: Page<MyTeam> = await teams.list(guest.ctx, { limit: 2 });
    const second = await teams.list(guest.ctx, { limit: 2, cursor: first.next as string });
    expect([...first.items, ...second.items].map(({ role }) => role)).toEqual(['owner', 'agent', 'owner']);
    expect(second.next).toBeNull();
    await expect(
      teams.list(signedIn(stranger), { limit: 2, cursor: first.next as string }),
    ).rejects.toMatchObject({ code: 'request.invalid' });
    expect((await teams.list(signedIn(stranger), {})).items).toHaveLength(1);
  });

  it('are made once for a repeated Idempotency-Key, also at once, and refused for another request under it', async () => {
    const ctx = signedIn(await signUp(service));
    const key = `${newId()}\tPOST /v1/tenants a`;
    const [one, two] = await Promise.allSettled([
      teams.create({ ...ctx, idempotencyKey: key }, { name: 'Only once' }),
      teams.create({ ...ctx, idempotencyKey: key }, { name: 'Only once' }),
    ]);
    const again = await teams.create({ ...ctx, idempotencyKey: key }, { name: 'Only once' });
    const outcomes = [one, two].filter((outcome) => outcome.status === 'fulfilled');
    for (const { value } of outcomes) expect(value.id).toBe(again.id);
    expect((await teams.list(ctx, {})).items).toHaveLength(2);
    await expect(
      teams.create({ ...ctx, idempotencyKey: `${key}b` }, { name: 'Another' }),
    ).rejects.toMatchObject({ code: 'idempotency.key_reused' });
  });

  it('are at most twenty that they own, also when they are made at once', async () => {
    const session = await signUp(service);
    const ctx = signedIn(session);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 22 }, (_, i) => teams.create(ctx, { name: `Team ${i}` })),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(19);
    for (const outcome of outcomes.filter(({ status }) => status === 'rejected'))
      expect(outcome).toMatchObject({ reason: { code: 'tenant.too_many' } });
  });

  it('have the slug that was asked for, or are refused', async () => {
    const session = await signUp(service);
    const ctx = signedIn(session);
    expect((await teams.create(ctx, { name: 'X', slug: 'asked-for' })).slug).toBe('asked-for');
    await expect(teams.create(ctx, { name: 'Y', slug: 'asked-for' })).rejects.toMatchObject({
      code: 'tenant.slug_taken',
    });
    await expect(teams.create(ctx, { name: 'Y', slug: 'www' })).rejects.toMatchObject({
      code: 'tenant.slug_reserved',
    });
    expect((await teams.list(ctx, {})).items).toHaveLength(2);
  });

  it.each([
    ['no name', {}, '/name'],
    ['a blank name', { name: '  ' }, '/name'],
    ['a name that is a number', { name: 7 }, '/name'],
    ['a name that is too long', { name: 'x'.repeat(121) }, '/name'],
    ['a slug with capitals', { name: 'X', slug: 'Abc' }, '/slug'],
  ])('are not made with %s', async (_, input, pointer) => {
    await expect(teams.create(signedIn(await signUp(service)), input as never)).rejects.toMatchObject({
      code: 'request.invalid',
      details: { errors: [{ pointer }] },
    });
  });

  it('are a person’s: neither an API key nor the system makes or lists them', async () => {
    const ctx = signedIn(await signUp(service));
    for (const other of [{ ...ctx, actor: 'api-key' as const }, systemCtx(ctx.tenantId)]) {
      await expect(teams.create(other, { name: 'X' })).rejects.toMatchObject({ code: 'request.forbidden' });
      await expect(teams.list(other, {})).rejects.toMatchObject({ code: 'request.forbidden' });
    }
  });
});
