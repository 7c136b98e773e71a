import {
  membersApi,
  MembershipChanged,
  MembershipRemoved,
  ROLES,
  SessionEnded,
  accountsApi,
  type MembersApi,
  type Role,
  type SessionTokens,
} from '@leadwire/contracts';
import { newId } from '@leadwire/kernel';
import { eventually, type TestService } from '@leadwire/testing';
import { anonymous, memberIn, PASSWORD, signedIn, signUp, startIdentity } from './identity-client.js';

describe('the members of a team', () => {
  let service: TestService;
  let members: MembersApi;

  beforeAll(async () => {
    service = await startIdentity();
    members = service.client(membersApi);
  });
  afterAll(() => service.stop());

  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => 'ok',
      (error: { code: string }) => error.code,
    );
  const rolesIn = async (session: SessionTokens) =>
    Object.fromEntries(
      (await members.list(signedIn(session), { limit: 100 })).items.map(({ userId, role }) => [userId, role]),
    );

  it('are listed to every one of them, page by page, with who they are and when they were seen', async () => {
    const session = await signUp(service, { firstName: 'Ann', lastName: 'Lee' });
    const viewer = await memberIn(service, session, 'viewer');
    const agent = await memberIn(service, session, 'agent');
    const first = await members.list(viewer.ctx, { limit: 2 });
    expect(first.items).toEqual([
      {
        userId: session.user.id,
        email: session.user.email,
        firstName: 'Ann',
        lastName: 'Lee',
        role: 'owner',
        invitedBy: null,
        joinedAt: expect.any(String),
        updatedAt: expect.any(String),
        lastSeenAt: expect.any(String),
      },
      expect.objectContaining({ userId: viewer.userId, role: 'viewer', lastSeenAt: null }),
    ]);
    const second = await members.list(viewer.ctx, { limit: 2, cursor: first.next as string });
    expect(second).toMatchObject({ items: [{ userId: agent.userId }], next: null });
    expect((await members.list(viewer.ctx, { role: 'agent' })).items).toHaveLength(1);
    expect(await members.get(viewer.ctx, { userId: agent.userId })).toEqual(second.items[0]);
  });

  it('of another team are not found, listed, changed or removed', async () => {
    const [one, other] = await Promise.all([signUp(service), signUp(service)]);
    const theirs = await memberIn(service, other, 'agent');
    const ctx = signedIn(one);
    for (const userId of [theirs.userId, other.user.id, newId()]) {
      expect(await codeOf(members.get(ctx, { userId }))).toBe('member.not_found');
      expect(await codeOf(members.update(ctx, { userId, role: 'viewer' }))).toBe('member.not_found');
      expect(await codeOf(members.remove(ctx, { userId }))).toBe('member.not_found');
      expect(await codeOf(members.transferOwnership(ctx, { userId, password: PASSWORD }))).toBe(
        'member.not_found',
      );
    }
    expect(await rolesIn(other)).toEqual({ [other.user.id]: 'owner', [theirs.userId]: 'agent' });
    expect(await rolesIn(one)).toEqual({ [one.user.id]: 'owner' });
  });

  it('get any role up to the caller’s own, and keep theirs when they stand above the caller', async () => {
    const session = await signUp(service);
    for (const actorRole of ROLES) {
      const actor = await memberIn(service, session, actorRole);
      for (const targetRole of ROLES) {
        const target = await memberIn(service, session, targetRole);
        for (const role of ROLES) {
          const may = ROLES.indexOf(actorRole) <= ROLES.indexOf('admin');
          const reach = ROLES.indexOf(actorRole) <= ROLES.indexOf(targetRole);
          const grantable = ROLES.indexOf(actorRole) <= ROLES.indexOf(role);
          const expected = !may
            ? 'request.forbidden'
            : !reach
              ? 'member.above_you'
              : grantable
                ? 'ok'
                : 'member.role_above_yours';
          expect([
            actorRole,
            targetRole,
            role,
            await codeOf(members.update(actor.ctx, { userId: target.userId, role })),
          ]).toEqual([actorRole, targetRole, role, expected]);
          await service.database.query(
            'UPDATE identity.memberships SET role = $3 WHERE user_id = $1 AND tenant_id = $2',
            [target.userId, session.tenant.id, targetRole],
          );
        }
      }
    }
  });

  it('are judged by the role they have now, not by the one their token names', async () => {
    const session = await signUp(service);
    const former = await memberIn(service, session, 'admin');
    const target = await memberIn(service, session, 'agent');
    await members.update(signedIn(session), { userId: former.userId, role: 'viewer' });
    expect(await codeOf(members.update(former.ctx, { userId: target.userId, role: 'manager' }))).toBe(
      'member.above_you',
    );
    await members.remove(signedIn(session), { userId: former.userId });
    expect(await codeOf(members.remove(former.ctx, { userId: target.userId }))).toBe('account.not_a_member');
  });

  it('change with an event of a rising version each, and none for what is the same already', async () => {
    const session = await signUp(service);
    const { userId } = await memberIn(service, session, 'agent');
    for (const role of ['manager', 'manager', 'viewer'] as Role[])
      await members.update(signedIn(session), { userId, role });
    const rows = await service.database.query<{ role: string; version: string }>(
      `SELECT payload->>'role' AS role, metadata->>'version' AS version FROM identity.domain_events
       WHERE tenant_id = $1 AND event_type = $2 ORDER BY seq`,
      [session.tenant.id, MembershipChanged.type],
    );
    expect(rows).toEqual([
      { role: 'manager', version: '2' },
      { role: 'viewer', version: '3' },
    ]);
  });

  it('lose their sessions, grants and the team itself when they are removed', async () => {
    const session = await signUp(service);
    const { userId, email, own } = await memberIn(service, session, 'agent');
    const accounts = service.client(accountsApi);
    const there = await accounts.logIn(anonymous(), {
      email,
      password: PASSWORD,
      tenantId: session.tenant.id,
    });
    await service.database.query(
      `INSERT INTO identity.user_capabilities (id, user_id, tenant_id, capability_key, enabled) VALUES ($1, $2, $3, 'billing.read', true)`,
      [newId(), userId, session.tenant.id],
    );
    await members.remove(signedIn(session), { userId });
    expect(await codeOf(accounts.refresh(anonymous(), { refreshToken: there.refreshToken }))).toBe(
      'account.session_ended',
    );
    expect(await codeOf(accounts.refresh(anonymous(), { refreshToken: own.refreshToken }))).toBe('ok');
    expect(
      await codeOf(accounts.logIn(anonymous(), { email, password: PASSWORD, tenantId: session.tenant.id })),
    ).toBe('account.not_a_member');
    expect(await rolesIn(session)).toEqual({ [session.user.id]: 'owner' });
    expect(await service.events(MembershipRemoved, session.tenant.id)).toMatchObject([{ data: { userId } }]);
    expect(await service.events(SessionEnded, session.tenant.id)).toMatchObject([
      { data: { userId, reason: 'membership-removed' } },
    ]);
    expect(
      await service.database.query('SELECT FROM identity.user_capabilities WHERE user_id = $1', [userId]),
    ).toEqual([]);
    expect(await codeOf(members.remove(signedIn(session), { userId }))).toBe('member.not_found');
  });

  it('may leave, whatever their role, but not an API key for them', async () => {
    const session = await signUp(service);
    for (const role of ROLES) {
      const { ctx, userId } = await memberIn(service, session, role);
      expect(await codeOf(members.leave({ ...ctx, actor: 'api-key' }, {}))).toBe('request.forbidden');
      await members.leave(ctx, {});
      expect(await rolesIn(session)).not.toHaveProperty(userId);
      expect(await codeOf(members.leave(ctx, {}))).toBe('member.not_found');
    }
  });

  describe('and their last owner', () => {
    it('can neither leave nor become less', async () => {
      const session = await signUp(service);
      await memberIn(service, session, 'admin');
      const ctx = signedIn(session);
      const { id } = session.user;
      expect(await codeOf(members.leave(ctx, {}))).toBe('member.last_owner');
      expect(await codeOf(members.remove(ctx, { userId: id }))).toBe('member.last_owner');
      expect(await codeOf(members.update(ctx, { userId: id, role: 'admin' }))).toBe('member.last_owner');
      expect((await rolesIn(session))[id]).toBe('owner');
    });

    it('remains when two owners remove, demote or leave at once: one of them wins', async () => {
      for (const round of [1, 2, 3]) {
        const session = await signUp(service);
        const second = await memberIn(service, session, 'owner');
        const first = { ctx: signedIn(session), userId: session.user.id };
        const act = {
          1: (by: { ctx: typeof first.ctx }, on: { userId: string }) => members.remove(by.ctx, on),
          2: (by: { ctx: typeof first.ctx }, on: { userId: string }) =>
            members.update(by.ctx, { userId: on.userId, role: 'viewer' }),
          3: (by: { ctx: typeof first.ctx }) => members.leave(by.ctx, {}),
        }[round] as (by: typeof first, on: { userId: string }) => Promise<unknown>;
        const codes = await Promise.all([
          codeOf(act(first, { userId: second.userId })),
          codeOf(act({ ...second }, { userId: first.userId })),
        ]);
        expect(codes.filter((code) => code === 'ok')).toHaveLength(1);
        const owners = await service.database.query(
          `SELECT FROM identity.memberships WHERE tenant_id = $1 AND role = 'owner' AND deleted_at IS NULL`,
          [session.tenant.id],
        );
        expect(owners).toHaveLength(1);
      }
    });

    it('hands the team over with the password, and is an admin then', async () => {
      const session = await signUp(service);
      const heir = await memberIn(service, session, 'agent');
      const ctx = signedIn(session);
      const { userId } = heir;
      expect(await codeOf(members.transferOwnership(ctx, { userId, password: 'not the password' }))).toBe(
        'reauthentication.failed',
      );
      expect(await members.transferOwnership(ctx, { userId, password: PASSWORD })).toMatchObject({
        userId,
        role: 'owner',
      });
      expect(await rolesIn(session)).toEqual({ [session.user.id]: 'admin', [userId]: 'owner' });
      expect(await codeOf(members.transferOwnership(ctx, { userId, password: PASSWORD }))).toBe(
        'member.above_you',
      );
    });

    it('hands over to one heir when two are named at once', async () => {
      const session = await signUp(service);
      const heirs = await Promise.all([1, 2].map(() => memberIn(service, session, 'admin')));
      const ctx = signedIn(session);
      const codes = await Promise.all(
        heirs.map(({ userId }) =>
          // Two proofs of one password at once may ask one of them to wait a moment.
          eventually(async () => {
            const code = await codeOf(members.transferOwnership(ctx, { userId, password: PASSWORD }));
            return code === 'account.slow_down' ? undefined : code;
          }),
        ),
      );
      expect(codes.sort()).toEqual(['member.above_you', 'ok']);
      expect(Object.values(await rolesIn(session)).filter((role) => role === 'owner')).toHaveLength(1);
    });

    it('is not found out by guessing passwords with a stolen token', async () => {
      const session = await signUp(service);
      const { userId } = await memberIn(service, session, 'agent');
      const codes = [];
      for (let i = 0; i < 11; i++)
        codes.push(
          await codeOf(members.transferOwnership(signedIn(session), { userId, password: `guess ${i}` })),
        );
      expect(codes.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 'reauthentication.failed'));
      expect(codes[10]).toBe('account.slow_down');
    });
  });

  it.each([
    ['a user id that is none', { userId: '1', role: 'agent' }, '/userId'],
    ['no role', { userId: newId() }, '/role'],
    ['a role that there is not', { userId: newId(), role: 'emperor' }, '/role'],
    ['a role that is null', { userId: newId(), role: null }, '/role'],
  ])('are not changed with %s', async (_, input, pointer) => {
    await expect(members.update(signedIn(await signUp(service)), input as never)).rejects.toMatchObject({
      code: 'request.invalid',
      details: { errors: [{ pointer }] },
    });
  });
});
