import { newId } from '@leadwire/kernel';
import { FakeKeys } from './fake-keys.js';
import { GatewayFixture, problemIn } from './gateway-fixture.js';

describe('rates', () => {
  let gateway: GatewayFixture;
  beforeAll(async () => {
    // Slow enough that nothing comes back while the test runs.
    gateway = await GatewayFixture.start({
      env: {
        RATE_TENANT_PER_SECOND: '0.008',
        RATE_USER_PER_SECOND: '0.005',
        RATE_ANONYMOUS_PER_SECOND: '0.01',
        RATE_BURST_SECONDS: '1000',
      },
      things: { list: () => ({ items: [], next: null }), greet: () => ({ id: newId(), name: 'x' }) },
    });
  });
  afterAll(() => gateway.stop());

  const statuses = async (count: number, send: () => Promise<Response>) => {
    const found: number[] = [];
    for (let i = 0; i < count; i++) found.push((await send()).status);
    return found;
  };

  it('stop one user after their burst and say so, but not the others of the tenant', async () => {
    const tenantId = newId();
    const [one, other] = await Promise.all([gateway.token({ tenantId }), gateway.token({ tenantId })]);
    const first = await gateway.fetch('/v1/things', { token: one });
    expect(first.headers.get('ratelimit-policy')).toBe('"tenant";q=8;w=1000, "user";q=5;w=1000');
    expect(first.headers.get('ratelimit')).toBe('"tenant";r=7;t=125, "user";r=4;t=200');
    expect(await statuses(5, () => gateway.fetch('/v1/things', { token: one }))).toEqual([
      200, 200, 200, 200, 429,
    ]);
    const refused = await gateway.fetch('/v1/things', { token: one });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(100);
    expect(await problemIn(refused)).toMatchObject({ status: 429, code: 'request.rate_limited' });
    expect((await gateway.fetch('/v1/things', { token: other })).status).toBe(200);
  });

  it('stop a tenant whose users together ask too much, but no other tenant', async () => {
    const tenantId = newId();
    const [one, other] = await Promise.all([gateway.token({ tenantId }), gateway.token({ tenantId })]);
    expect(await statuses(4, () => gateway.fetch('/v1/things', { token: one }))).toEqual([
      200, 200, 200, 200,
    ]);
    expect(await statuses(5, () => gateway.fetch('/v1/things', { token: other }))).toEqual([
      200, 200, 200, 200, 429,
    ]);
    expect((await gateway.fetch('/v1/things')).status).toBe(200);
  });

  it('stop an address that is not signed in: public routes and guessed tokens count together', async () => {
    expect(await statuses(5, () => gateway.fetch('/v1/things', { token: 'guess' }))).toEqual([
      401, 401, 401, 401, 401,
    ]);
    expect(await statuses(6, () => gateway.post('/v1/greetings', { name: 'x' }))).toEqual([
      200, 200, 200, 200, 200, 429,
    ]);
    expect((await gateway.fetch('/v1/things', { token: 'guess' })).status).toBe(429);
    expect((await gateway.fetch('/v1/things')).status).toBe(200);
  });
});

describe('an API key with a rate', () => {
  const keys = new FakeKeys();
  let gateway: GatewayFixture;

  beforeAll(async () => {
    gateway = await GatewayFixture.start({
      identity: keys.handlers,
      things: { list: () => ({ items: [], next: null }) },
    });
  });
  afterAll(() => gateway.stop());

  it('is stopped past it, which its answers show, while other keys of its owner go on', async () => {
    const owner = { tenantId: newId(), userId: newId() };
    const [slow, other] = [keys.issue({ ...owner, ratePerSecond: 1 }), keys.issue(owner)];
    const send = ({ text }: { text: string }) => gateway.fetch('/v1/things', { token: text });
    const first = await send(slow);
    expect(first.headers.get('ratelimit-policy')).toMatch(/, "key";q=10;w=10$/);
    expect(first.headers.get('ratelimit')).toMatch(/, "key";r=9;t=1$/);
    const answers = await Promise.all(Array.from({ length: 30 }, () => send(slow)));
    const refused = answers.find(({ status }) => status === 429) as Response;
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused.headers.get('ratelimit')).toMatch(/^"key";r=0/);
    expect(await problemIn(refused)).toMatchObject({ code: 'request.rate_limited' });
    expect((await send(other)).status).toBe(200);
  });
});
