import { randomBytes } from 'node:crypto';
import {
  accountsApi,
  CAPABILITIES,
  MembershipCreated,
  ROLE_CAPABILITIES,
  TenantCreated,
  UserSignedUp,
  type AccountsApi,
} from '@leadwire/contracts';
import type { TestService } from '@leadwire/testing';
import { identityService } from '../src/identity.module.js';
import { anonymous, PASSWORD, signedIn, signUp, someone, startIdentity } from './identity-client.js';

describe('signing up', () => {
  let service: TestService;
  let accounts: AccountsApi;

  beforeAll(async () => {
    service = await startIdentity({}, identityService);
    accounts = service.client(accountsApi);
  });
  afterAll(() => service.stop());

  const countOf = async (table: string, where: string, value: string) => {
    const [row] = await service.database.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM identity.${table} WHERE ${where} = $1`,
      [value],
    );
    return row?.n;
  };

  it('makes tenant, owner, membership and session, and announces each once', async () => {
    const session = await accounts.signUp(
      anonymous(),
      someone({ tenantName: ' Müller & Söhne ', email: 'Dana@Example.com', firstName: 'Dana' }),
    );
    expect(session).toMatchObject({
      expiresInSeconds: 300,
      role: 'owner',
      user: { email: 'dana@example.com', firstName: 'Dana', lastName: null, emailVerified: false },
      tenant: { name: 'Müller & Söhne', slug: 'muller-sohne', status: 'active', planTier: 'trial' },
    });
    const { tenant, user } = session;
    expect(await service.events(TenantCreated, tenant.id)).toMatchObject([
      {
        aggregateId: tenant.id,
        data: { name: 'Müller & Söhne', slug: 'muller-sohne', planTier: 'trial', ownerUserId: user.id },
      },
    ]);
    expect(await service.events(UserSignedUp, tenant.id)).toMatchObject([
      { aggregateId: user.id, data: { email: 'dana@example.com' } },
    ]);
    expect(await service.events(MembershipCreated, tenant.id)).toMatchObject([
      { data: { userId: user.id, role: 'owner' } },
    ]);
    const [row] = await service.database.query<{ primary: string; changed: Date; seen: Date; hash: string }>(
      `SELECT primary_tenant_id AS primary, password_changed_at AS changed, last_login_at AS seen, password_hash AS hash
       FROM identity.users WHERE id = $1`,
      [user.id],
    );
    expect(row).toMatchObject({ primary: tenant.id, changed: expect.any(Date), seen: expect.any(Date) });
    expect(row?.hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  });

  it('shows the new person who they are and what they may do', async () => {
    const session = await signUp(service);
    expect(await accounts.me(signedIn(session), {})).toEqual({
      user: session.user,
      pendingEmail: null,
      tenant: session.tenant,
      role: 'owner',
      capabilities: CAPABILITIES.filter((capability) => ROLE_CAPABILITIES.owner.includes(capability)),
    });
  });

  it('gives teams of one name different slugs', async () => {
    const sessions = await Promise.all([1, 2, 3].map(() => signUp(service, { tenantName: 'Twins' })));
    const slugs = sessions.map(({ tenant }) => tenant.slug);
    expect(new Set(slugs).size).toBe(3);
    expect(slugs.every((slug) => /^twins(-[0-9a-f]{8})?$/.test(slug))).toBe(true);
  });

  it('refuses an address that has an account, in any case, and writes nothing', async () => {
    await signUp(service, { email: 'taken@example.com' });
    await expect(
      signUp(service, { email: 'TAKEN@example.com', tenantName: 'Second team' }),
    ).rejects.toMatchObject({
      code: 'account.email_taken',
      kind: 'conflict',
    });
    expect(await countOf('tenants', 'name', 'Second team')).toBe(0);
  });

  it('lets exactly one of many who use the same address at once in, and leaves nothing of the others', async () => {
    const before = (await service.events(TenantCreated)).length;
    const tries = await Promise.allSettled(
      Array.from({ length: 8 }, () => signUp(service, { email: 'race@example.com', tenantName: 'Race' })),
    );
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const one of tries)
      if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'account.email_taken' });
    expect(await countOf('users', 'email', 'race@example.com')).toBe(1);
    expect(await countOf('tenants', 'name', 'Race')).toBe(1);
    expect((await service.events(TenantCreated)).length).toBe(before + 1);
  });

  it('remembers no answer under an Idempotency-Key, since it carries tokens', async () => {
    const ctx = { ...anonymous(), idempotencyKey: 'demo\tPOST /v1/sign-ups' };
    await accounts.signUp(ctx, someone());
    expect(await service.database.query('SELECT FROM identity.idempotency_keys')).toEqual([]);
  });

  it.each([
    ['a short password', { password: 'elevenchars' }, '/password'],
    ['an endless password', { password: 'x'.repeat(257) }, '/password'],
    ['no address', { email: 'nobody' }, '/email'],
    ['a blank team', { tenantName: '   ' }, '/tenantName'],
    ['a role of choice', { role: 'owner' }, '/role'],
    ['a NUL in a name', { firstName: 'a\0' }, '/firstName'],
  ])('refuses %s', async (_, over, pointer) => {
    await expect(accounts.signUp(anonymous(), { ...someone(), ...over })).rejects.toMatchObject({
      code: 'request.invalid',
      details: { errors: [{ pointer }] },
    });
  });

  it('takes a password of 256 characters, and verifies it to the last one', async () => {
    const password = randomBytes(192).toString('base64url');
    const email = 'long@example.com';
    await signUp(service, { email, password });
    await accounts.logIn(anonymous(), { email, password });
    const other = `${password.slice(0, -1)}${password.endsWith('x') ? 'y' : 'x'}`;
    await expect(accounts.logIn(anonymous(), { email, password: other })).rejects.toMatchObject({
      code: 'account.bad_credentials',
    });
  });

  it('takes any characters in a password', async () => {
    const password = 'пароль 🐎 '.repeat(3);
    const { user } = await signUp(service, { email: 'unicode@example.com', password });
    expect((await accounts.logIn(anonymous(), { email: 'unicode@example.com', password })).user.id).toBe(
      user.id,
    );
    await expect(
      accounts.logIn(anonymous(), { email: 'unicode@example.com', password: PASSWORD }),
    ).rejects.toMatchObject({
      code: 'account.bad_credentials',
    });
  });
});
