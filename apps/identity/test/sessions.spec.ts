import { accountsApi, SessionEnded, type AccountsApi, type SessionTokens } from '@leadwire/contracts';
import { newId } from '@leadwire/kernel';
import { caller, type TestService } from '@leadwire/testing';
import { anonymous, claimsOf, PASSWORD, signedIn, signUp, startIdentity, travel } from './identity-client.js';

const DAY_MS = 86_400_000;

describe('a session', () => {
  let service: TestService;
  let accounts: AccountsApi;

  beforeAll(async () => {
    service = await startIdentity();
    accounts = service.client(accountsApi);
  });
  afterAll(() => service.stop());
  afterEach(() => travel(service, 0));

  const refresh = ({ refreshToken }: { refreshToken: string }) =>
    accounts.refresh(anonymous(), { refreshToken });
  const endings = async ({ tenant }: SessionTokens) =>
    (await service.events(SessionEnded, tenant.id)).map(({ data }) => data['reason']);
  const ended = { code: 'account.session_ended', kind: 'unauthenticated' };

  it('is renewed with a new refresh token each time and stays the same session', async () => {
    const first = await signUp(service);
    const second = await refresh(first);
    const third = await refresh(second);
    expect(new Set([first, second, third].map(({ refreshToken }) => refreshToken)).size).toBe(3);
    expect(claimsOf(third.accessToken)).toMatchObject({
      sid: claimsOf(first.accessToken).sid,
      tid: first.tenant.id,
      sub: first.user.id,
    });
    expect(third).toMatchObject({
      user: { id: first.user.id },
      tenant: { id: first.tenant.id },
      role: 'owner',
    });
  });

  it('survives two tabs that renew it with the same token', async () => {
    const first = await signUp(service);
    const [one, two] = await Promise.all([refresh(first), refresh(first)]);
    expect(two).toEqual(one);
    await refresh(await refresh(two));
    expect(await endings(first)).toEqual([]);
  });

  it('ends, with every token of its family, when a spent token comes back late', async () => {
    const first = await signUp(service);
    const second = await refresh(first);
    travel(service, 31_000);
    await expect(refresh(first)).rejects.toMatchObject(ended);
    await expect(refresh(second)).rejects.toMatchObject(ended);
    expect(await endings(first)).toEqual(['reuse-detected']);
  });

  it('ends when a spent token comes back after its successor was used', async () => {
    const first = await signUp(service);
    const third = await refresh(await refresh(first));
    await expect(refresh(first)).rejects.toMatchObject(ended);
    await expect(refresh(third)).rejects.toMatchObject(ended);
    expect(await endings(first)).toEqual(['reuse-detected']);
  });

  it('ends alone: other sessions of the person go on', async () => {
    const first = await signUp(service, { email: 'many@example.com' });
    const other = await accounts.logIn(anonymous(), { email: 'many@example.com', password: PASSWORD });
    await refresh(await refresh(first));
    await expect(refresh(first)).rejects.toMatchObject(ended);
    await refresh(other);
  });

  it('ends after 14 days without use', async () => {
    const first = await signUp(service);
    travel(service, 13 * DAY_MS);
    const second = await refresh(first);
    travel(service, (13 + 14.1) * DAY_MS);
    await expect(refresh(second)).rejects.toMatchObject(ended);
    expect(await endings(first)).toEqual(['expired']);
  });

  it('ends after 90 days however much it is used', async () => {
    let session = await signUp(service);
    for (let day = 10; day < 90; day += 10) {
      travel(service, day * DAY_MS);
      session = await refresh(session);
    }
    travel(service, 90.1 * DAY_MS);
    await expect(refresh(session)).rejects.toMatchObject(ended);
    expect(await endings(session)).toEqual(['expired']);
  });

  it('ends with a log-out, which is announced once however often it is asked for', async () => {
    const session = await signUp(service);
    const ctx = signedIn(session);
    await accounts.logOut(ctx, {});
    await accounts.logOut(ctx, {});
    await expect(refresh(session)).rejects.toMatchObject(ended);
    expect(await endings(session)).toEqual(['log-out']);
  });

  it('is not ended by somebody else who knows its id', async () => {
    const session = await signUp(service);
    const stranger = await signUp(service);
    await accounts.logOut(
      signedIn(stranger, 'owner', { sessionId: claimsOf(session.accessToken).sid as string }),
      {},
    );
    await refresh(session);
  });

  it('is not renewed once the person has left the team, nor while the team is suspended', async () => {
    const left = await signUp(service);
    await service.database.query('UPDATE identity.memberships SET deleted_at = now() WHERE user_id = $1', [
      left.user.id,
    ]);
    await expect(refresh(left)).rejects.toMatchObject(ended);
    const suspended = await signUp(service);
    await service.database.query("UPDATE identity.tenants SET status = 'suspended' WHERE id = $1", [
      suspended.tenant.id,
    ]);
    await expect(refresh(suspended)).rejects.toMatchObject({ code: 'tenant.suspended', kind: 'forbidden' });
    await service.database.query("UPDATE identity.tenants SET status = 'active' WHERE id = $1", [
      suspended.tenant.id,
    ]);
    await refresh(suspended);
  });

  it('carries the role of now, not of log-in', async () => {
    const session = await signUp(service);
    await service.database.query("UPDATE identity.memberships SET role = 'viewer' WHERE user_id = $1", [
      session.user.id,
    ]);
    const renewed = await refresh(session);
    expect(renewed.role).toBe('viewer');
    expect(claimsOf(renewed.accessToken).role).toBe('viewer');
  });

  it.each(['', 'x'.repeat(129)])('refuses a refresh token of impossible length', async (refreshToken) => {
    await expect(refresh({ refreshToken })).rejects.toMatchObject({ code: 'request.invalid' });
  });

  it('refuses a refresh token that nobody was given', async () => {
    await expect(refresh({ refreshToken: Buffer.alloc(32, 1).toString('base64url') })).rejects.toMatchObject(
      ended,
    );
  });

  it('is shown to nobody but a member: me and log-out need somebody signed in', async () => {
    await expect(accounts.me(anonymous(), {})).rejects.toMatchObject({ code: 'request.unauthenticated' });
    await expect(accounts.logOut(anonymous(), {})).rejects.toMatchObject({ code: 'request.unauthenticated' });
    const { tenant } = await signUp(service);
    await expect(
      accounts.me(caller('owner', { tenantId: tenant.id, userId: newId() }), {}),
    ).rejects.toMatchObject({
      code: 'account.not_a_member',
    });
  });
});
