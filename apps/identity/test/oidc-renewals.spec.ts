import { operatorsApi } from '@leadwire/contracts';
import { systemCtx } from '@leadwire/kernel';
import { OpenIdProvider, type TestService } from '@leadwire/testing';
import { OidcProviders } from '../src/oidc/oidc-providers.js';
import { TokenRenewals } from '../src/oidc/token-renewals.js';
import { ProviderTokenSeals } from '../src/oidc/provider-tokens.js';
import { travel } from './identity-client.js';
import { logInWith, pageOf, signUpWith, start, startWith } from './oidc-client.js';

const HOUR_MS = 3_600_000;

type Row = {
  id: string;
  access_token: string | null;
  refresh_token: string | null;
  token_expires_at: Date | null;
  refresh_at: Date | null;
  refresh_failures: number;
};

describe("a provider's tokens", () => {
  let real: OpenIdProvider;
  let service: TestService;
  let people = 0;

  beforeAll(async () => {
    // Each renewal brings a new refresh token, and the one before is worth nothing.
    real = await OpenIdProvider.start([pageOf('real')], { rotateRefreshToken: true });
    service = await startWith({ real });
  });
  afterAll(async () => {
    await service?.stop();
    await real?.stop();
  });
  beforeEach(() => service.database.query('DELETE FROM identity.user_identities'));
  afterEach(() => travel(service, 0));

  const linked = async () => {
    const n = ++people;
    const person = { sub: `renew-${n}`, email: `renew${n}@example.com`, email_verified: true };
    await signUpWith(service, 'real', real, person);
    return { person, before: await row() };
  };
  const row = async () => {
    const [found] = await service.database.query<Row>('SELECT * FROM identity.user_identities');
    return found as Row;
  };
  const renewals = () => service.running.app.get(TokenRenewals);
  const tokenOf = ({ id, refresh_token }: Row) =>
    service.running.app.get(ProviderTokenSeals).openRefreshToken(id, refresh_token as string);
  const asked = () => real.asked.filter((path) => path === '/token').length;

  it('are renewed before they expire, and again after that', async () => {
    const { before } = await linked();
    expect(await renewals().renewDue()).toBe(0);
    let last = before;
    for (const hours of [1, 2]) {
      travel(service, hours * HOUR_MS);
      expect(last.refresh_at?.getTime()).toBeLessThan(last.token_expires_at?.getTime() ?? 0);
      expect(await renewals().renewDue()).toBe(1);
      const now = await row();
      expect(tokenOf(now)).not.toBe(tokenOf(last));
      expect(now.access_token).not.toBe(last.access_token);
      expect(now.token_expires_at?.getTime()).toBeGreaterThan(Date.now() + hours * HOUR_MS);
      expect(await renewals().renewDue()).toBe(0);
      last = now;
    }
  });

  it('are left alone while their person is suspended, and renewed once they are reinstated', async () => {
    const { person, before } = await linked();
    const operators = service.client(operatorsApi);
    await operators.suspendUser(systemCtx(''), { user: person.email, reason: 'spam' });
    travel(service, HOUR_MS);
    const askedBefore = asked();
    expect(await renewals().renewDue()).toBe(0);
    expect(asked()).toBe(askedBefore);
    expect(await row()).toEqual(before);
    await operators.reinstateUser(systemCtx(''), { user: person.email });
    expect(await renewals().renewDue()).toBe(1);
    expect((await row()).access_token).not.toBe(before.access_token);
  });

  it('are renewed once by two replicas at once', async () => {
    await linked();
    const replica = await service.addReplica();
    const other = replica.app.get(TokenRenewals);
    const later = () => new Date(Date.now() + HOUR_MS);
    Object.assign(other, { clock: { now: later } });
    travel(service, HOUR_MS);
    const before = asked();
    const taken = await Promise.all([renewals().renewDue(), other.renewDue()]);
    expect(taken.toSorted()).toEqual([0, 1]);
    expect(asked()).toBe(before + 1);
    // Its clock is its own; the specs below are about one.
    await replica.stop();
  });

  it('are forgotten when the provider takes them back, and come again with the next log-in', async () => {
    const { person } = await linked();
    // Used behind our back, as by a process that was killed before it could store what it got.
    const stolen = tokenOf(await row());
    const spend = () =>
      fetch(`${real.issuer}/token`, {
        method: 'POST',
        headers: {
          authorization: `Basic ${Buffer.from(`leadwire:${encodeURIComponent('a client secret that must never be logged').replaceAll('%20', '+')}`).toString('base64')}`,
        },
        body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: stolen }),
      });
    expect((await spend()).status).toBe(200);
    travel(service, HOUR_MS);
    await renewals().renewDue();
    expect(await row()).toMatchObject({
      access_token: null,
      refresh_token: null,
      token_expires_at: null,
      refresh_at: null,
    });
    await logInWith(service, 'real', real, person);
    expect(await row()).toMatchObject({ refresh_token: expect.any(String), refresh_at: expect.any(Date) });
  });

  it('are tried again, each time later, while the provider is away', async () => {
    await linked();
    const { fetch: reach } = service.running.app.get(OidcProviders);
    service.running.app.get(OidcProviders).fetch = () => Promise.reject(new Error('the network is down'));
    try {
      let wait = 0;
      for (const failures of [1, 2, 3]) {
        const due = (await row()).refresh_at?.getTime() ?? 0;
        travel(service, due - Date.now() + 1_000);
        expect(await renewals().renewDue()).toBe(1);
        const now = await row();
        expect(now).toMatchObject({ refresh_failures: failures, refresh_token: expect.any(String) });
        const next = (now.refresh_at?.getTime() ?? 0) - due;
        expect(next).toBeGreaterThan(wait);
        wait = next;
      }
    } finally {
      service.running.app.get(OidcProviders).fetch = reach;
    }
    travel(service, (await row()).refresh_at!.getTime() - Date.now() + 1_000);
    await renewals().renewDue();
    expect(await row()).toMatchObject({ refresh_failures: 0, refresh_token: expect.any(String) });
  });

  it('are not put back to old ones by a renewal that a log-in overtook', async () => {
    const { person } = await linked();
    const providers = service.running.app.get(OidcProviders);
    const reach = providers.fetch;
    providers.fetch = async (url, request) => {
      providers.fetch = reach;
      const answer = await reach(url, request);
      await logInWith(service, 'real', real, person);
      newest = await row();
      return answer;
    };
    let newest: Row | undefined;
    travel(service, HOUR_MS);
    expect(await renewals().renewDue()).toBe(1);
    expect(newest?.refresh_token).toEqual(expect.any(String));
    expect(await row()).toEqual(newest);
  });

  it('are not worth asking for when the operator has taken the provider away', async () => {
    const { before } = await linked();
    await service.database.query(`UPDATE identity.user_identities SET provider_data = '{"key":"gone"}'`);
    travel(service, HOUR_MS);
    expect(before.refresh_at).not.toBeNull();
    await renewals().renewDue();
    expect(await row()).toMatchObject({ refresh_token: null, refresh_at: null });
  });

  it('go round with a broom: log-ins and tickets that nobody came back for are gone', async () => {
    for (let i = 0; i < 7; i++) await start(service, 'real');
    const counts = () =>
      service.database.query<{ n: number }>(
        `SELECT (SELECT count(*)::int FROM identity.oidc_log_ins) + (SELECT count(*)::int FROM identity.oidc_tickets) AS n`,
      );
    expect((await counts())[0]?.n).toBeGreaterThanOrEqual(7);
    travel(service, HOUR_MS);
    await renewals().round();
    expect(await counts()).toEqual([{ n: 0 }]);
  });

  it('do not open in another row', async () => {
    const { before } = await linked();
    const seals = service.running.app.get(ProviderTokenSeals);
    expect(() =>
      seals.openRefreshToken('00000000-0000-7000-8000-000000000000', before.refresh_token as string),
    ).toThrow();
    expect(JSON.stringify(before)).not.toContain(tokenOf(before));
  });
});
