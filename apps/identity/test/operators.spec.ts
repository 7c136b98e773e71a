import {
  accountsApi,
  operatorsApi,
  SessionEnded,
  UserSuspended,
  tenantsApi,
  TenantUpdated,
  type AccountsApi,
  type OperatorsApi,
} from '@leadwire/contracts';
import { newId, systemCtx } from '@leadwire/kernel';
import type { TestService } from '@leadwire/testing';
import { anonymous, memberIn, PASSWORD, signedIn, signUp, startIdentity } from './identity-client.js';

describe('those who run the platform', () => {
  let service: TestService;
  let operators: OperatorsApi;
  let accounts: AccountsApi;

  beforeAll(async () => {
    service = await startIdentity();
    operators = service.client(operatorsApi);
    accounts = service.client(accountsApi);
  });
  afterAll(() => service.stop());

  const ctx = () => systemCtx('');
  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => 'ok',
      (error: { code: string }) => error.code,
    );
  const logIn = (email: string, password = PASSWORD, tenantId?: string) =>
    codeOf(accounts.logIn(anonymous(), { email, password, ...(tenantId ? { tenantId } : {}) }));

  it('suspend a team with a reason, and reinstate it; each change is announced once', async () => {
    const { tenant, user } = await signUp(service);
    const tenantId = tenant.id;
    const suspended = await operators.suspendTenant(ctx(), { tenantId, reason: 'unpaid' });
    expect(suspended).toMatchObject({
      id: tenantId,
      status: 'suspended',
      statusReason: 'unpaid',
      members: 1,
    });
    await operators.suspendTenant(ctx(), { tenantId, reason: 'unpaid' });
    expect(await logIn(user.email, 'not the password')).toBe('account.bad_credentials');
    expect(await logIn(user.email)).toBe('tenant.suspended');
    const back = await operators.reinstateTenant(ctx(), { tenantId });
    expect(back).toMatchObject({ status: 'active', statusReason: null });
    expect(await logIn(user.email)).toBe('ok');
    const versions = await service.database.query<{ status: string; version: string }>(
      `SELECT payload->>'status' AS status, metadata->>'version' AS version FROM identity.domain_events
       WHERE tenant_id = $1 AND event_type = $2 ORDER BY seq`,
      [tenantId, TenantUpdated.type],
    );
    expect(versions).toEqual([
      { status: 'suspended', version: '2' },
      { status: 'active', version: '3' },
    ]);
  });

  it('let somebody of a suspended team work in their other teams', async () => {
    const host = await signUp(service);
    const guest = await memberIn(service, host, 'agent');
    await operators.suspendTenant(ctx(), { tenantId: host.tenant.id, reason: 'unpaid' });
    expect(await logIn(guest.email)).toBe('ok');
    expect(await logIn(guest.email, PASSWORD, host.tenant.id)).toBe('tenant.suspended');
    expect(await logIn(host.user.email, PASSWORD, guest.own.tenant.id)).toBe('account.not_a_member');
  });

  it('change a team’s plan', async () => {
    const { tenant } = await signUp(service);
    const tenantId = tenant.id;
    expect(await operators.setPlan(ctx(), { tenantId, planTier: 'growth' })).toMatchObject({
      planTier: 'growth',
      status: 'active',
      statusChangedAt: null,
    });
    expect(await service.events(TenantUpdated, tenantId)).toMatchObject([{ data: { planTier: 'growth' } }]);
    expect(await codeOf(operators.setPlan(ctx(), { tenantId, planTier: 'free beer' }))).toBe(
      'request.invalid',
    );
  });

  it('suspend a person everywhere: sessions end, log-in answers as for a wrong password', async () => {
    const host = await signUp(service);
    const { email, userId, own } = await memberIn(service, host, 'manager');
    const there = await accounts.logIn(anonymous(), { email, password: PASSWORD, tenantId: host.tenant.id });
    expect(await operators.suspendUser(ctx(), { user: email, reason: 'spam' })).toMatchObject({
      id: userId,
      isActive: false,
      suspendedReason: 'spam',
      suspendedAt: expect.any(String),
    });
    for (const { refreshToken } of [own, there])
      expect(await codeOf(accounts.refresh(anonymous(), { refreshToken }))).toBe('account.session_ended');
    for (const tenantId of [own.tenant.id, host.tenant.id])
      expect(await service.events(SessionEnded, tenantId)).toMatchObject([
        { data: { userId, reason: 'user-suspended' } },
      ]);
    for (const tenantId of [own.tenant.id, host.tenant.id])
      expect(await service.events(UserSuspended, tenantId)).toMatchObject([{ data: { userId } }]);
    expect(await logIn(email)).toBe('account.bad_credentials');
    expect(await operators.reinstateUser(ctx(), { user: userId })).toMatchObject({
      isActive: true,
      suspendedReason: null,
    });
    expect(await logIn(email)).toBe('ok');
  });

  it('find teams by id, by a part of name or slug, and by status, page by page', async () => {
    const made = [];
    for (const name of ['Findable One', 'Findable Two', 'Findable Three'])
      made.push((await signUp(service, { tenantName: name })).tenant);
    await operators.suspendTenant(ctx(), { tenantId: made[1]?.id as string, reason: 'x' });
    const first = await operators.listTenants(ctx(), { words: 'FINDABLE', limit: 2 });
    const second = await operators.listTenants(ctx(), {
      words: 'FINDABLE',
      limit: 2,
      cursor: first.next as string,
    });
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(made.map(({ id }) => id));
    expect(await operators.listTenants(ctx(), { words: made[2]?.id })).toMatchObject({
      items: [{ name: 'Findable Three' }],
    });
    expect(
      (await operators.listTenants(ctx(), { words: 'findable', status: 'suspended' })).items,
    ).toHaveLength(1);
    expect((await operators.listTenants(ctx(), { words: '%' })).items).toEqual([]);
  });

  it('name what is not there and are told so', async () => {
    expect(await codeOf(operators.suspendTenant(ctx(), { tenantId: newId(), reason: 'x' }))).toBe(
      'tenant.not_found',
    );
    expect(await codeOf(operators.suspendUser(ctx(), { user: 'nobody@example.com', reason: 'x' }))).toBe(
      'account.not_found',
    );
    expect(await codeOf(operators.suspendTenant(ctx(), { tenantId: newId(), reason: ' ' }))).toBe(
      'request.invalid',
    );
  });

  it('are nobody who signs in: no owner, whatever they claim to hold, is let through this door', async () => {
    const session = await signUp(service);
    const tenantId = session.tenant.id;
    const claiming = signedIn(session, 'owner', { capabilities: new Set(['tenant.update', '*']) });
    for (const caller of [claiming, { ...claiming, actor: 'api-key' as const }, anonymous()]) {
      for (const work of [
        operators.listTenants(caller, {}),
        operators.suspendTenant(caller, { tenantId, reason: 'x' }),
        operators.reinstateTenant(caller, { tenantId }),
        operators.setPlan(caller, { tenantId, planTier: 'enterprise' }),
        operators.getUser(caller, { user: session.user.email }),
        operators.suspendUser(caller, { user: session.user.email, reason: 'x' }),
        operators.reinstateUser(caller, { user: session.user.email }),
      ])
        expect(await codeOf(work)).toMatch(/^request\.(forbidden|unauthenticated)$/);
    }
    expect(await service.client(tenantsApi).get(signedIn(session), {})).toMatchObject({ status: 'active' });
  });
});
