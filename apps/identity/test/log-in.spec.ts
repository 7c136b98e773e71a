import { accountsApi, type AccountsApi } from '@leadwire/contracts';
import { newId } from '@leadwire/kernel';
import type { TestService } from '@leadwire/testing';
import {
  anonymous,
  claimsOf,
  PASSWORD,
  signUp,
  standStill,
  startIdentity,
  travel,
} from './identity-client.js';

describe('logging in', () => {
  let service: TestService;
  let accounts: AccountsApi;

  beforeAll(async () => {
    service = await startIdentity();
    accounts = service.client(accountsApi);
  });
  afterAll(() => service.stop());
  afterEach(() => travel(service, 0));

  const logIn = (email: string, password = PASSWORD, team = {}) =>
    accounts.logIn(anonymous(), { email, password, ...team });
  const failureOf = (work: Promise<unknown>) =>
    work.then(
      () => undefined,
      (error: { code: string; message: string; kind: string }) => error,
    );

  it('begins a session of its own and remembers when', async () => {
    const first = await signUp(service, { email: 'ann@example.com' });
    travel(service, 60_000);
    const second = await logIn('ANN@example.com');
    expect(second).toMatchObject({
      user: { id: first.user.id },
      tenant: { id: first.tenant.id },
      role: 'owner',
      expiresInSeconds: 300,
    });
    expect(claimsOf(second.accessToken).sid).not.toBe(claimsOf(first.accessToken).sid);
    const [row] = await service.database.query<{ seen: Date }>(
      'SELECT last_login_at AS seen FROM identity.users WHERE id = $1',
      [first.user.id],
    );
    expect(row?.seen.getTime()).toBeGreaterThan(Date.now() + 50_000);
  });

  it('answers alike for a wrong password, an unknown address, and an account that is switched off', async () => {
    const { user } = await signUp(service, { email: 'off@example.com' });
    await signUp(service, { email: 'on@example.com' });
    await service.database.query('UPDATE identity.users SET is_active = false WHERE id = $1', [user.id]);
    const failures = [
      await failureOf(logIn('on@example.com', 'not the password')),
      await failureOf(logIn('nobody@example.com', 'not the password')),
      await failureOf(logIn('off@example.com')),
    ];
    for (const failure of failures)
      expect(failure).toMatchObject({ code: 'account.bad_credentials', kind: 'unauthenticated' });
    expect(new Set(failures.map((failure) => failure?.message)).size).toBe(1);
  });

  it('hashes as much for an unknown address as for a wrong password, so that the time tells nothing', async () => {
    const { user } = await signUp(service, { email: 'time@example.com' });
    const hashesOf = async (email: string) => {
      const before = await hashes();
      expect(await failureOf(logIn(email, 'not the password'))).toMatchObject({
        code: 'account.bad_credentials',
      });
      return (await hashes()) - before;
    };
    expect(await hashesOf(user.email)).toBe(1);
    expect(await hashesOf(`no-${user.email}`)).toBe(1);
  });
  const hashes = async () => {
    const metrics = await (await fetch(`${await service.running.app.getUrl()}/metrics`)).text();
    return Number(/^leadwire_password_hashes_total\S* (\d+)$/m.exec(metrics)?.[1]);
  };

  it('enters the team that is named, by id or by slug, and no team of others', async () => {
    const home = await signUp(service, { email: 'two@example.com', tenantName: 'Home' });
    const other = await signUp(service, { tenantName: 'Guests' });
    const stranger = await signUp(service, { tenantName: 'Strangers' });
    await service.database.query(
      'INSERT INTO identity.memberships (id, tenant_id, user_id, role) VALUES ($1, $2, $3, $4)',
      [newId(), other.tenant.id, home.user.id, 'agent'],
    );
    expect((await logIn('two@example.com')).tenant.id).toBe(home.tenant.id);
    expect(await logIn('two@example.com', PASSWORD, { tenantId: other.tenant.id })).toMatchObject({
      tenant: { name: 'Guests' },
      role: 'agent',
    });
    expect((await logIn('two@example.com', PASSWORD, { tenantSlug: other.tenant.slug })).tenant.id).toBe(
      other.tenant.id,
    );
    for (const team of [
      { tenantId: stranger.tenant.id },
      { tenantId: newId() },
      { tenantSlug: 'no-such-team' },
    ]) {
      expect(await failureOf(logIn('two@example.com', PASSWORD, team))).toMatchObject({
        code: 'account.not_a_member',
      });
    }
    await service.database.query("UPDATE identity.tenants SET status = 'suspended' WHERE id = $1", [
      home.tenant.id,
    ]);
    expect((await logIn('two@example.com')).tenant.id).toBe(other.tenant.id);
  });

  it.each(['slow@example.com', 'slow-without-account@example.com'])(
    'slows guesses for %s down, and never locks it',
    async (email) => {
      if (!email.includes('without')) await signUp(service, { email });
      standStill(service);
      for (let i = 0; i < 10; i++)
        expect(await failureOf(logIn(email, `guess number ${i}`))).toMatchObject({
          code: 'account.bad_credentials',
        });
      expect(await failureOf(logIn(email))).toMatchObject({
        code: 'account.slow_down',
        kind: 'rate_limited',
        details: { retryAfterSeconds: 1 },
      });
      standStill(service, 1_100);
      expect(await failureOf(logIn(email, 'guess number 10'))).toMatchObject({
        code: 'account.bad_credentials',
      });
      expect(await failureOf(logIn(email))).toMatchObject({
        code: 'account.slow_down',
        details: { retryAfterSeconds: 2 },
      });
      standStill(service, 4_000);
      if (email.includes('without')) return;
      await logIn(email);
      expect(await failureOf(logIn(email, 'guess number 11'))).toMatchObject({
        code: 'account.bad_credentials',
      });
    },
  );

  it('checks no more than the free number of guesses that are sent at once', async () => {
    await signUp(service, { email: 'burst@example.com' });
    standStill(service);
    const failures = await Promise.all(
      Array.from({ length: 30 }, (_, i) => failureOf(logIn('burst@example.com', `guess number ${i}`))),
    );
    expect(failures.filter((failure) => failure?.code === 'account.bad_credentials')).toHaveLength(10);
    expect(failures.filter((failure) => failure?.code === 'account.slow_down')).toHaveLength(20);
  });
});
