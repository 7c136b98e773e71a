import {
  accountsApi,
  closingApi,
  teamsApi,
  TenantErased,
  tenantsApi,
  TenantUpdated,
  type ClosingApi,
  type SessionTokens,
} from '@leadwire/contracts';
import { newId } from '@leadwire/kernel';
import { eventually } from '@leadwire/testing';
import { anonymous, memberIn, PASSWORD, signedIn, signUp, travel } from './identity-client.js';
import { codeOf, InvitationFixture } from './invitation-fixture.js';

const DAY_MS = 86_400_000;

describe('closing a team', () => {
  let fixture: InvitationFixture;
  let closing: ClosingApi;
  beforeAll(async () => {
    fixture = await InvitationFixture.start();
    closing = fixture.service.client(closingApi);
  });
  afterAll(() => fixture.stop());
  afterEach(() => travel(fixture.service, 0));

  const close = (session: SessionTokens, over = {}) =>
    closing.close(signedIn(session), { name: session.tenant.name, password: PASSWORD, ...over });
  const restore = ({ user, tenant }: SessionTokens, over = {}) =>
    closing.restore(anonymous(), { tenantId: tenant.id, email: user.email, password: PASSWORD, ...over });
  const logIn = (email: string, tenantId?: string) =>
    codeOf(
      fixture.service
        .client(accountsApi)
        .logIn(anonymous(), { email, password: PASSWORD, ...(tenantId ? { tenantId } : {}) }),
    );

  it('ends all work in it at once, tells every owner, and says until when it can be undone', async () => {
    const session = await signUp(fixture.service, { tenantName: 'Old Team' });
    const second = await memberIn(fixture.service, session, 'owner');
    const agent = await memberIn(fixture.service, session, 'agent');
    const { restorableUntil } = await close(session);
    expect(Date.parse(restorableUntil)).toBeGreaterThan(Date.now() + 29.9 * DAY_MS);
    expect(await fixture.service.events(TenantUpdated, session.tenant.id)).toMatchObject([
      { data: { status: 'closed' } },
    ]);
    expect(await codeOf(fixture.service.client(tenantsApi).get(signedIn(session), {}))).toBe(
      'tenant.not_found',
    );
    expect(await logIn(session.user.email)).toBe('tenant.closed');
    expect(await logIn(agent.email)).toBe('ok');
    expect(await logIn(agent.email, session.tenant.id)).toBe('tenant.closed');
    const { refreshToken } = session;
    expect(await codeOf(fixture.service.client(accountsApi).refresh(anonymous(), { refreshToken }))).toBe(
      'account.session_ended',
    );
    for (const email of [session.user.email, second.email])
      expect((await fixture.sink.waitFor(email, 'closed')).text).toContain(restorableUntil.slice(0, 10));
    expect(fixture.sink.to(agent.email).some(({ subject }) => subject.includes('closed'))).toBe(false);
    const { items } = await fixture.service.client(teamsApi).list(second.ctx, {});
    expect(items).toContainEqual(
      expect.objectContaining({ id: session.tenant.id, status: 'closed', restorableUntil }),
    );
  });

  it('takes an owner, the password and the name', async () => {
    const session = await signUp(fixture.service, { tenantName: 'Stays' });
    expect(await codeOf(close(session, { password: 'not the password' }))).toBe('reauthentication.failed');
    expect(await codeOf(close(session, { name: 'Other' }))).toBe('tenant.name_differs');
    for (const role of ['admin', 'manager', 'agent', 'viewer'] as const) {
      const { ctx } = await memberIn(fixture.service, session, role);
      expect(await codeOf(closing.close(ctx, { name: 'Stays', password: PASSWORD }))).toBe(
        'request.forbidden',
      );
    }
    const former = await memberIn(fixture.service, session, 'agent');
    const claims = signedIn(former.own, 'owner', { tenantId: session.tenant.id });
    expect(await codeOf(closing.close(claims, { name: 'Stays', password: PASSWORD }))).toBe(
      'member.above_you',
    );
    expect(
      await codeOf(
        closing.close({ ...signedIn(session), actor: 'api-key' }, { name: 'Stays', password: PASSWORD }),
      ),
    ).toBe('request.forbidden');
    expect(await logIn(session.user.email)).toBe('ok');
  });

  it('happens once when it is asked for at once, and can be undone by an owner with the password', async () => {
    const session = await signUp(fixture.service, { tenantName: 'Back Again' });
    const agent = await memberIn(fixture.service, session, 'agent');
    const stranger = await signUp(fixture.service);
    const codes = await Promise.all([1, 2].map(() => codeOf(close(session))));
    expect(codes.filter((code) => code === 'ok')).toHaveLength(1);
    expect(await codeOf(restore(session, { password: 'not the password' }))).toBe('account.bad_credentials');
    expect(await codeOf(restore(session, { email: 'nobody@example.com' }))).toBe('account.bad_credentials');
    expect(await codeOf(restore(session, { email: agent.email }))).toBe('member.above_you');
    expect(await codeOf(restore(session, { email: stranger.user.email }))).toBe('account.not_a_member');
    expect(await codeOf(restore(session, { tenantId: newId() }))).toBe('account.not_a_member');
    expect(await restore(session)).toMatchObject({ id: session.tenant.id, status: 'active' });
    expect(await codeOf(restore(session))).toBe('tenant.not_closed');
    expect(await logIn(agent.email, session.tenant.id)).toBe('ok');
  });

  describe('and the days of grace', () => {
    const rowsOf = (tenantId: string) =>
      fixture.service.database.query('SELECT FROM identity.tenants WHERE id = $1', [tenantId]);
    const userRow = async (id: string) =>
      (
        await fixture.service.database.query<Record<string, unknown>>(
          'SELECT * FROM identity.users WHERE id = $1',
          [id],
        )
      )[0];

    it('over, the team is erased with everybody who had no other, and a second replica does nothing twice', async () => {
      const session = await signUp(fixture.service, { tenantName: 'Marked Team', firstName: 'Marked' });
      const guest = await memberIn(fixture.service, session, 'admin');
      await fixture.invite(signedIn(session), 'marked-invitee@example.com');
      const { tenant, user } = session;
      await close(session);
      travel(fixture.service, 29 * DAY_MS);
      expect(await codeOf(restore(session))).toBe('ok');
      await close(session);
      travel(fixture.service, 60 * DAY_MS);
      expect(await codeOf(restore(session))).toBe('tenant.not_found');
      const replica = await fixture.service.addReplica();
      await eventually(async () => (await rowsOf(tenant.id)).length === 0);
      await replica.stop();
      expect(await userRow(user.id)).toMatchObject({
        email: `${user.id}@erased.invalid`,
        first_name: null,
        password_hash: null,
        primary_tenant_id: null,
        is_active: false,
        deleted_at: expect.any(Date),
      });
      expect(await userRow(guest.userId)).toMatchObject({ email: guest.email, is_active: true });
      expect(await logIn(guest.email)).toBe('ok');
      expect(await logIn(user.email)).toBe('account.bad_credentials');
      expect(await codeOf(restore(session))).toBe('account.bad_credentials');
      // The address is free: whoever has it may begin anew.
      expect((await signUp(fixture.service, { email: user.email })).user.id).not.toBe(user.id);
      const tables = await fixture.service.database.query<{ name: string }>(
        `SELECT c.relname AS name FROM pg_class c
         JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
         WHERE c.relnamespace = 'identity'::regnamespace AND c.relkind = 'r'`,
      );
      const left: string[] = [];
      for (const { name } of tables) {
        const sql = `SELECT FROM identity.${name} WHERE tenant_id = $1`;
        if ((await fixture.service.database.query(sql, [tenant.id])).length > 0) left.push(name);
      }
      expect(left).toEqual(['tenant_erasures']);
    });

    it('over, it is announced once, and what was on the bus before is gone', async () => {
      const session = await signUp(fixture.service);
      const tenantId = session.tenant.id;
      const { jetstreamManager } = await import('@nats-io/jetstream');
      const manager = await jetstreamManager(fixture.service.connection);
      const subjects = async () => {
        const { state } = await manager.streams.info('EVENTS', { subjects_filter: `evt.*.*.*.${tenantId}` });
        return state.subjects ?? {};
      };
      await close(session);
      await eventually(async () => Object.keys(await subjects()).length >= 4);
      travel(fixture.service, 31 * DAY_MS);
      await eventually(async () => (await rowsOf(tenantId)).length === 0);
      await eventually(async () => {
        expect(await subjects()).toEqual({ [`evt.${TenantErased.type}.${tenantId}`]: 1 });
        return true;
      });
    });

    it('not over, nothing happens to it while another team goes', async () => {
      const [first, later] = [await signUp(fixture.service), await signUp(fixture.service)];
      await close(first);
      travel(fixture.service, 2 * DAY_MS);
      await close(later);
      travel(fixture.service, 31 * DAY_MS);
      await eventually(async () => (await rowsOf(first.tenant.id)).length === 0);
      expect(await rowsOf(later.tenant.id)).toHaveLength(1);
      expect(await fixture.service.events(TenantErased, later.tenant.id)).toEqual([]);
      expect(await codeOf(restore(later))).toBe('ok');
    });
  });

  it.each([
    ['no name', { password: 'x' }, '/name'],
    ['no password', { name: 'x' }, '/password'],
    ['a password that is a number', { name: 'x', password: 1 }, '/password'],
  ])('is refused with %s', async (_, input, pointer) => {
    const ctx = signedIn(await signUp(fixture.service));
    await expect(closing.close(ctx, input as never)).rejects.toMatchObject({
      code: 'request.invalid',
      details: { errors: [{ pointer }] },
    });
  });
});
