import {
  accountsApi,
  SessionEnded,
  sessionsApi,
  SESSIONS_OPEN_MAX,
  SessionSwitched,
  type AccountsApi,
  type SessionsApi,
  type SessionTokens,
} from '@leadwire/contracts';
import { newId } from '@leadwire/kernel';
import { eventually, type TestService } from '@leadwire/testing';
import { SessionAnnouncements } from '../src/sessions/session-announcements.js';
import { Sessions } from '../src/sessions/sessions.js';
import {
  anonymous,
  claimsOf,
  PASSWORD,
  signedIn,
  signUp,
  someone,
  startIdentity,
  travel,
} from './identity-client.js';

const ended = { code: 'account.session_ended', kind: 'unauthenticated' };
const FIREFOX_ON_WINDOWS = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0';
const SAFARI_ON_IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1';
const idOf = ({ accessToken }: SessionTokens) => claimsOf(accessToken).sid as string;

describe("a person's own sessions", () => {
  let service: TestService;
  let accounts: AccountsApi;
  let sessions: SessionsApi;

  beforeAll(async () => {
    service = await startIdentity();
    accounts = service.client(accountsApi);
    sessions = service.client(sessionsApi);
  });
  afterAll(() => service.stop());
  afterEach(() => travel(service, 0));

  const logIn = (email: string, team: { tenantId?: string } = {}) =>
    accounts.logIn(anonymous(), { email, password: PASSWORD, ...team });
  const refresh = ({ refreshToken }: SessionTokens) => accounts.refresh(anonymous(), { refreshToken });
  const join = (userId: string, tenantId: string, role = 'agent') =>
    service.database.query(
      'INSERT INTO identity.memberships (id, tenant_id, user_id, role) VALUES ($1, $2, $3, $4)',
      [newId(), tenantId, userId, role],
    );
  const endingsIn = async (tenantId: string) =>
    (await service.events(SessionEnded, tenantId)).map(({ aggregateId, data }) => [
      aggregateId,
      data['reason'],
    ]);
  /** One person in two teams, with a session in each. */
  const inTwoTeams = async () => {
    const home = await signUp(service);
    const other = await signUp(service);
    await join(home.user.id, other.tenant.id);
    const away = await logIn(home.user.email, { tenantId: other.tenant.id });
    return { home, away, other };
  };

  it('are listed wherever they were begun, the one used last first, and no one else’s', async () => {
    const { home, away } = await inTwoTeams();
    travel(service, 60_000);
    const renewed = await refresh(home);
    const { items } = await sessions.list(signedIn(renewed), {});
    expect(items).toMatchObject([
      { id: idOf(home), current: true, device: 'Unknown device', ip: null },
      { id: idOf(away), current: false },
    ]);
    expect(Date.parse(items[0]?.lastSeenAt ?? '') - Date.parse(items[0]?.createdAt ?? '')).toBeGreaterThan(
      50_000,
    );
  });

  it('are a hundred at most: one more ends the one that was used longest ago', async () => {
    const first = await signUp(service);
    await service.database.query(
      `INSERT INTO identity.sessions (id, user_id, membership_id, rotated_at, expires_at, created_at)
       SELECT gen_random_uuid(), user_id, membership_id, rotated_at + n * interval '1 second', expires_at, created_at
       FROM identity.sessions, generate_series(1, $2) n WHERE id = $1`,
      [idOf(first), SESSIONS_OPEN_MAX - 1],
    );
    travel(service, 300_000);
    const last = await logIn(first.user.email);
    await expect(refresh(first)).rejects.toMatchObject(ended);
    const [open] = await service.database.query(
      'SELECT count(*)::int AS n FROM identity.sessions WHERE user_id = $1 AND ended_at IS NULL',
      [first.user.id],
    );
    expect(open).toEqual({ n: SESSIONS_OPEN_MAX });
    await eventually(async () => (await endingsIn(first.tenant.id)).length > 0);
    expect(await endingsIn(first.tenant.id)).toEqual([[idOf(first), 'too-many']]);
    await refresh(last);
  });

  it('are told apart by device and address, as they were when the session was last renewed', async () => {
    const from = (clientIp: string, userAgent: string) => ({ ...anonymous(), clientIp, userAgent });
    const home = from('203.0.113.7', FIREFOX_ON_WINDOWS);
    const away = from('2001:db8::7', SAFARI_ON_IPHONE);
    const { user } = await accounts.signUp(home, someone());
    const phone = await accounts.logIn(away, { email: user.email, password: PASSWORD });
    const listed = async (session: SessionTokens) =>
      (await sessions.list(signedIn(session), {})).items.map(({ device, ip }) => [device, ip]);
    expect(await listed(phone)).toEqual([
      ['Safari on iPhone', '2001:db8::7'],
      ['Firefox on Windows', '203.0.113.7'],
    ]);
    const elsewhere = from('198.51.100.9', SAFARI_ON_IPHONE);
    const renewed = await accounts.refresh(elsewhere, { refreshToken: phone.refreshToken });
    expect((await listed(renewed))[0]).toEqual(['Safari on iPhone', '198.51.100.9']);
  });

  it('show nothing that has ended, run out or gone idle', async () => {
    const first = await signUp(service);
    const second = await logIn(first.user.email);
    await accounts.logOut(signedIn(second), {});
    travel(service, 15 * 86_400_000);
    const third = await logIn(first.user.email);
    expect((await sessions.list(signedIn(third), {})).items.map(({ id }) => id)).toEqual([idOf(third)]);
  });

  it('end one by one, in other teams too, and each end is announced in its own team', async () => {
    const { home, away, other } = await inTwoTeams();
    await sessions.revoke(signedIn(home), { sessionId: idOf(away) });
    await expect(refresh(away)).rejects.toMatchObject(ended);
    expect(await endingsIn(other.tenant.id)).toEqual([[idOf(away), 'revoked']]);
    expect(await endingsIn(home.tenant.id)).toEqual([]);
    await sessions.revoke(signedIn(home), { sessionId: idOf(home) });
    await expect(refresh(home)).rejects.toMatchObject(ended);
    expect(await endingsIn(home.tenant.id)).toEqual([[idOf(home), 'revoked']]);
  });

  it('are not found when they are a stranger’s, unknown or over, and stay as they are', async () => {
    const mine = await signUp(service);
    const theirs = await signUp(service);
    const ctx = signedIn(mine);
    const over = await logIn(mine.user.email);
    await accounts.logOut(signedIn(over), {});
    for (const sessionId of [idOf(theirs), newId(), idOf(over)]) {
      await expect(sessions.revoke(ctx, { sessionId })).rejects.toMatchObject({
        code: 'session.not_found',
        kind: 'not_found',
      });
    }
    await refresh(theirs);
    await expect(sessions.revoke(ctx, { sessionId: 'me' })).rejects.toMatchObject({
      code: 'request.invalid',
    });
  });

  it('end all but the current one, in all teams', async () => {
    const { home, away, other } = await inTwoTeams();
    const third = await logIn(home.user.email);
    expect(await sessions.revokeOthers(signedIn(third), {})).toEqual({ ended: 2 });
    expect(await sessions.revokeOthers(signedIn(third), {})).toEqual({ ended: 0 });
    for (const session of [home, away]) await expect(refresh(session)).rejects.toMatchObject(ended);
    await refresh(third);
    expect(await endingsIn(home.tenant.id)).toEqual([[idOf(home), 'revoked']]);
    expect(await endingsIn(other.tenant.id)).toEqual([[idOf(away), 'revoked']]);
  });

  it('end in one team only, when that is asked for', async () => {
    const { home, away, other } = await inTwoTeams();
    const which = { userId: home.user.id, tenantId: other.tenant.id, reason: 'membership-removed' } as const;
    expect(await service.running.app.get(Sessions).endAll(which)).toBe(1);
    await expect(refresh(away)).rejects.toMatchObject(ended);
    await refresh(home);
    expect(await endingsIn(other.tenant.id)).toEqual([[idOf(away), 'membership-removed']]);
  });

  it('are told to every team even when the process dies before it could', async () => {
    const { home, away, other } = await inTwoTeams();
    const { app } = service.running;
    const announcements = app.get(SessionAnnouncements);
    const announce = announcements.announce.bind(announcements);
    announcements.announce = () => Promise.reject(new Error('killed here'));
    const which = { userId: home.user.id, reason: 'password-changed' } as const;
    await expect(app.get(Sessions).endAll(which)).rejects.toThrow('killed here');
    for (const session of [home, away]) await expect(refresh(session)).rejects.toMatchObject(ended);
    expect(await endingsIn(home.tenant.id)).toEqual([]);
    announcements.announce = announce;
    await eventually(async () => (await endingsIn(other.tenant.id)).length === 1);
    expect(await endingsIn(home.tenant.id)).toEqual([[idOf(home), 'password-changed']]);
  });

  it('are not begun once the person was suspended, removed, or changed the password meanwhile', async () => {
    const { user } = await signUp(service, { email: 'meanwhile@example.com' });
    // The change commits after the log-in has read the old hash and before it begins its session.
    const original = Sessions.prototype.open;
    const during = (sql: string) => {
      Sessions.prototype.open = async function (...args) {
        Sessions.prototype.open = original;
        await service.database.query(sql, [user.id]);
        return original.apply(this, args);
      };
      return logIn('meanwhile@example.com');
    };
    await expect(
      during(`UPDATE identity.users SET password_changed_at = now() + interval '1 s' WHERE id = $1`),
    ).rejects.toMatchObject({ code: 'account.bad_credentials' });
    await expect(during('UPDATE identity.users SET is_active = false WHERE id = $1')).rejects.toMatchObject({
      code: 'account.not_a_member',
    });
    await service.database.query('UPDATE identity.users SET is_active = true WHERE id = $1', [user.id]);
    await expect(
      during('UPDATE identity.memberships SET deleted_at = now() WHERE user_id = $1'),
    ).rejects.toMatchObject({ code: 'account.not_a_member' });
  });

  it('are at most a hundred: one more ends the one unused for longest', async () => {
    const first = await signUp(service);
    await service.database.query(
      `INSERT INTO identity.sessions (id, user_id, membership_id, rotated_at, expires_at)
       SELECT gen_random_uuid(), s.user_id, s.membership_id, now() + n * interval '1 ms', s.expires_at
       FROM identity.sessions s CROSS JOIN generate_series(1, 99) n
       WHERE s.user_id = $1`,
      [first.user.id],
    );
    const latest = await logIn(first.user.email);
    expect((await sessions.list(signedIn(latest), {})).items).toHaveLength(100);
    await expect(refresh(first)).rejects.toMatchObject(ended);
    await eventually(async () => (await endingsIn(first.tenant.id)).length === 1);
  });

  it('are nobody’s business but a person’s: an API key and the system are refused', async () => {
    const { tenant, user } = await signUp(service);
    const key = signedIn(await logIn(user.email), 'owner', { actor: 'api-key', sessionId: null });
    expect(key.tenantId).toBe(tenant.id);
    for (const call of [
      () => sessions.list(key, {}),
      () => sessions.revoke(key, { sessionId: newId() }),
      () => sessions.revokeOthers(key, {}),
      () => sessions.switchTenant(key, { tenantId: tenant.id }),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'request.forbidden' });
    }
    await expect(sessions.list(anonymous(), {})).rejects.toMatchObject({ code: 'request.unauthenticated' });
  });

  describe('go on in another team', () => {
    it('with new tokens for it, and say so there', async () => {
      const { home, other } = await inTwoTeams();
      const switched = await sessions.switchTenant(signedIn(home), { tenantId: other.tenant.id });
      expect(switched).toMatchObject({ tenant: { id: other.tenant.id }, role: 'agent' });
      expect(claimsOf(switched.accessToken)).toMatchObject({ tid: other.tenant.id, sid: idOf(home) });
      expect((await refresh(switched)).tenant.id).toBe(other.tenant.id);
      const [event] = await service.events(SessionSwitched, other.tenant.id);
      expect(event).toMatchObject({ aggregateId: idOf(home), data: { userId: home.user.id } });
      expect(await service.events(SessionSwitched, home.tenant.id)).toEqual([]);
    });

    it('and take along a tab that still has the refresh token of before', async () => {
      const { home, other } = await inTwoTeams();
      const switched = await sessions.switchTenant(signedIn(home), { tenantId: other.tenant.id });
      expect(await refresh(home)).toEqual(switched);
      travel(service, 31_000);
      await expect(refresh(home)).rejects.toMatchObject(ended);
    });

    it('only where the person belongs: another team is not found, and nothing changes', async () => {
      const { home, other } = await inTwoTeams();
      const stranger = await signUp(service);
      for (const tenantId of [stranger.tenant.id, newId()]) {
        await expect(sessions.switchTenant(signedIn(home), { tenantId })).rejects.toMatchObject({
          code: 'tenant.not_found',
          kind: 'not_found',
        });
      }
      await service.database.query("UPDATE identity.tenants SET status = 'suspended' WHERE id = $1", [
        other.tenant.id,
      ]);
      await expect(
        sessions.switchTenant(signedIn(home), { tenantId: other.tenant.id }),
      ).rejects.toMatchObject({ code: 'tenant.suspended' });
      expect((await refresh(home)).tenant.id).toBe(home.tenant.id);
    });

    it.each([
      ['before and after', ['refresh', 'switch', 'refresh']],
      ['twice', ['switch', 'refresh', 'refresh']],
      ['before', ['refresh', 'refresh', 'switch']],
    ])('while other tabs renew it %s: nobody is logged out', async (_, order) => {
      const { home, other } = await inTwoTeams();
      const ctx = signedIn(home);
      let newest = home;
      for (const step of order) {
        newest =
          step === 'refresh'
            ? await refresh(home)
            : await sessions.switchTenant(ctx, { tenantId: other.tenant.id });
      }
      expect((await refresh(newest)).tenant.id).toBe(other.tenant.id);
      expect(await endingsIn(home.tenant.id)).toEqual([]);
    });

    it('not once they have ended', async () => {
      const { home, other } = await inTwoTeams();
      await accounts.logOut(signedIn(home), {});
      await expect(
        sessions.switchTenant(signedIn(home), { tenantId: other.tenant.id }),
      ).rejects.toMatchObject(ended);
    });
  });
});
