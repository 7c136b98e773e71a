import {
  accountsApi,
  InvitationAccepted,
  membersApi,
  MembershipCreated,
  operatorsApi,
  UserSignedUp,
  type SessionTokens,
} from '@leadwire/contracts';
import { systemCtx } from '@leadwire/kernel';
import { anonymous, claimsOf, memberIn, PASSWORD, signedIn, signUp, travel } from './identity-client.js';
import { codeOf, InvitationFixture } from './invitation-fixture.js';

const DAY_MS = 86_400_000;

describe('somebody who was invited', () => {
  let fixture: InvitationFixture;
  let team: SessionTokens;
  beforeAll(async () => {
    fixture = await InvitationFixture.start();
    team = await signUp(fixture.service, { tenantName: 'Rockets', firstName: 'Ann', lastName: 'Lee' });
  });
  afterAll(() => fixture.stop());
  afterEach(() => travel(fixture.service, 0));

  let count = 0;
  const address = () => `guest${++count}@example.com`;
  const invite = (email = address()) => fixture.invite(signedIn(team), email);
  /** Somebody with an account and a confirmed address, invited. */
  const invitedPerson = async () => {
    const session = await signUp(fixture.service, { email: address() });
    await fixture.verify(session.user.id);
    const { token, id } = await invite(session.user.email);
    return { session, ctx: signedIn(session), token, id };
  };
  const membershipsOf = (userId: string) =>
    fixture.service.database.query<{ id: string; role: string; invited_by: string; deleted_at: Date | null }>(
      'SELECT id, role, invited_by, deleted_at FROM identity.memberships WHERE user_id = $1 AND tenant_id = $2',
      [userId, team.tenant.id],
    );

  describe('without an account', () => {
    it('sees who asks them where, and signs up into a session of that team with a confirmed address', async () => {
      const { token, email, id } = await invite();
      expect(await fixture.invitees.show(anonymous(), { token })).toMatchObject({
        teamName: 'Rockets',
        inviterName: 'Ann Lee',
        email: 'g***@example.com',
        role: 'agent',
        next: 'sign-up',
      });
      const session = await fixture.invitees.signUp(anonymous(), {
        token,
        password: PASSWORD,
        firstName: 'Guest',
      });
      expect(session).toMatchObject({
        role: 'agent',
        tenant: { id: team.tenant.id },
        user: { email, emailVerified: true, firstName: 'Guest' },
      });
      expect(claimsOf(session.accessToken)).toMatchObject({ tid: team.tenant.id, sub: session.user.id });
      expect(await membershipsOf(session.user.id)).toMatchObject([
        { role: 'agent', invited_by: team.user.id, deleted_at: null },
      ]);
      const [accepted] = (await fixture.service.events(InvitationAccepted, team.tenant.id)).slice(-1);
      expect(accepted).toMatchObject({ aggregateId: id, data: { userId: session.user.id, role: 'agent' } });
      expect((await fixture.service.events(UserSignedUp, team.tenant.id)).at(-1)?.data).toEqual({ email });
      expect(
        await codeOf(fixture.service.client(accountsApi).logIn(anonymous(), { email, password: PASSWORD })),
      ).toBe('ok');
    });

    it('becomes one member and one account when the link is used many times at once', async () => {
      const { token, email } = await invite();
      const outcomes = await Promise.all(
        Array.from({ length: 5 }, () =>
          codeOf(fixture.invitees.signUp(anonymous(), { token, password: PASSWORD })),
        ),
      );
      expect(outcomes.filter((code) => code === 'ok')).toHaveLength(1);
      for (const code of outcomes.filter((other) => other !== 'ok'))
        expect(['invitation.used', 'invitation.log_in_first']).toContain(code);
      expect(
        await fixture.service.database.query('SELECT FROM identity.users WHERE email = $1', [email]),
      ).toHaveLength(1);
      expect(await codeOf(fixture.invitees.signUp(anonymous(), { token, password: PASSWORD }))).toBe(
        'invitation.used',
      );
    });

    it('is told to log in when an account of the address was made meanwhile, and no password is tried', async () => {
      const { token, email } = await invite();
      await signUp(fixture.service, { email });
      expect(await fixture.invitees.show(anonymous(), { token })).toMatchObject({ next: 'log-in' });
      expect(await codeOf(fixture.invitees.signUp(anonymous(), { token, password: PASSWORD }))).toBe(
        'invitation.log_in_first',
      );
    });

    it('has one account when two teams’ invitations are used at once', async () => {
      const other = await signUp(fixture.service);
      const email = address();
      const first = await invite(email);
      await fixture.invitations.create(signedIn(other), { invitations: [{ email, role: 'viewer' }] });
      const second = await fixture.sink.tokenFor(email, other.tenant.name);
      const outcomes = await Promise.all(
        [first.token, second].map((token) =>
          codeOf(fixture.invitees.signUp(anonymous(), { token, password: PASSWORD })),
        ),
      );
      expect(outcomes.sort()).toEqual(['invitation.log_in_first', 'ok']);
    });

    it.each([
      ['a short password', { token: 'x', password: 'short' }, '/password'],
      ['no password', { token: 'x' }, '/password'],
      ['no token', { password: PASSWORD }, '/token'],
      ['an address of their choice', { token: 'x', password: PASSWORD, email: 'a@example.com' }, '/email'],
    ])('is refused with %s', async (_, input, pointer) => {
      await expect(fixture.invitees.signUp(anonymous(), input as never)).rejects.toMatchObject({
        code: 'request.invalid',
        details: { errors: [{ pointer }] },
      });
    });
  });

  describe('with an account', () => {
    it('joins with it, and may repeat the request after a lost answer', async () => {
      const { session, ctx, token } = await invitedPerson();
      const joined = await fixture.invitees.accept(ctx, { token });
      expect(joined).toMatchObject({ tenant: { id: team.tenant.id, name: 'Rockets' }, role: 'agent' });
      expect(await fixture.invitees.accept(ctx, { token })).toEqual(joined);
      expect(await membershipsOf(session.user.id)).toMatchObject([
        { role: 'agent', invited_by: team.user.id },
      ]);
      const there = await fixture.service.client(accountsApi).logIn(anonymous(), {
        email: session.user.email,
        password: PASSWORD,
        tenantId: team.tenant.id,
      });
      expect(there.role).toBe('agent');
    });

    it('becomes one member when they accept many times at once', async () => {
      const { session, ctx, token } = await invitedPerson();
      const outcomes = await Promise.all(
        Array.from({ length: 5 }, () => codeOf(fixture.invitees.accept(ctx, { token }))),
      );
      expect(new Set(outcomes)).toEqual(new Set(['ok']));
      expect(await membershipsOf(session.user.id)).toHaveLength(1);
      const created = await fixture.service.events(MembershipCreated, team.tenant.id);
      expect(created.filter(({ data }) => data['userId'] === session.user.id)).toHaveLength(1);
    });

    it('needs the invited address, confirmed: a link that was passed on opens nothing', async () => {
      const { token } = await invitedPerson();
      const other = await signUp(fixture.service);
      await fixture.verify(other.user.id);
      expect(await codeOf(fixture.invitees.accept(signedIn(other), { token }))).toBe(
        'invitation.other_address',
      );
      const unconfirmed = await signUp(fixture.service, { email: address() });
      const mine = await invite(unconfirmed.user.email);
      expect(await codeOf(fixture.invitees.accept(signedIn(unconfirmed), mine))).toBe('request.invalid');
      expect(await codeOf(fixture.invitees.accept(signedIn(unconfirmed), { token: mine.token }))).toBe(
        'invitation.verify_first',
      );
      expect(await membershipsOf(other.user.id)).toEqual([]);
      expect(await membershipsOf(unconfirmed.user.id)).toEqual([]);
    });

    it('returns to the membership they had, in the role they are given now', async () => {
      const former = await memberIn(fixture.service, team, 'admin');
      await fixture.verify(former.userId);
      const [before] = await membershipsOf(former.userId);
      await fixture.service.client(membersApi).remove(signedIn(team), { userId: former.userId });
      const { token } = await invite(former.email);
      await fixture.invitees.accept(signedIn(former.own), { token });
      expect(await membershipsOf(former.userId)).toEqual([
        { id: before?.id, role: 'agent', invited_by: team.user.id, deleted_at: null },
      ]);
      const [listed] = (
        await fixture.service.client(membersApi).list(signedIn(team), { limit: 100 })
      ).items.filter(({ userId }) => userId === former.userId);
      expect(Date.parse(listed?.joinedAt as string)).toBeGreaterThan(Date.now() - 60_000);
    });

    it('who used it and left cannot use it again', async () => {
      const { session, ctx, token } = await invitedPerson();
      await fixture.invitees.accept(ctx, { token });
      await fixture.service.client(membersApi).remove(signedIn(team), { userId: session.user.id });
      expect(await codeOf(fixture.invitees.accept(ctx, { token }))).toBe('invitation.used');
      expect(await membershipsOf(session.user.id)).toMatchObject([{ deleted_at: expect.any(Date) }]);
    });

    it('accepts themselves: neither an API key nor a visitor can', async () => {
      const { ctx, token } = await invitedPerson();
      expect(await codeOf(fixture.invitees.accept({ ...ctx, actor: 'api-key' }, { token }))).toBe(
        'request.forbidden',
      );
      expect(await codeOf(fixture.invitees.accept(anonymous(), { token }))).toBe('request.unauthenticated');
    });
  });

  it('is told why a link opens nothing, whichever way they try', async () => {
    const ways = async (token: string, ctx = signedIn(team)) => [
      await codeOf(fixture.invitees.show(anonymous(), { token })),
      await codeOf(fixture.invitees.accept(ctx, { token })),
      await codeOf(fixture.invitees.signUp(anonymous(), { token, password: PASSWORD })),
    ];
    const all = (code: string) => [code, code, code];
    expect(await ways('no-such-token')).toEqual(all('invitation.not_found'));

    const expired = await invite();
    travel(fixture.service, 8 * DAY_MS);
    expect(await ways(expired.token)).toEqual(all('invitation.expired'));
    travel(fixture.service, 0);

    const revoked = await invite();
    await fixture.invitations.revoke(signedIn(team), { invitationId: revoked.id });
    expect(await ways(revoked.token)).toEqual(all('invitation.revoked'));

    const used = await invite();
    await fixture.invitees.signUp(anonymous(), { token: used.token, password: PASSWORD });
    expect(await ways(used.token)).toEqual(all('invitation.used'));

    const suspended = await signUp(fixture.service);
    const open = await fixture.invite(signedIn(suspended), address());
    const operators = fixture.service.client(operatorsApi);
    await operators.suspendTenant(systemCtx(''), { tenantId: suspended.tenant.id, reason: 'unpaid' });
    expect(await ways(open.token)).toEqual(all('invitation.team_not_open'));
    expect(
      await codeOf(
        fixture.invitations.create(signedIn(suspended), {
          invitations: [{ email: address(), role: 'agent' }],
        }),
      ),
    ).toBe('tenant.suspended');
  });

  it('is not to be found in the database by whoever does not show the token', async () => {
    await invite();
    const pg = await import('pg');
    const client = new pg.default.Client({
      connectionString: fixture.service.database.url('identity', 'app'),
    });
    await client.connect();
    try {
      expect((await client.query('SELECT FROM tenant_invitations')).rowCount).toBe(0);
      await client.query(`SELECT set_config('app.invitation_token', '', false)`);
      expect((await client.query('SELECT FROM tenant_invitations')).rowCount).toBe(0);
    } finally {
      await client.end();
    }
  });
});
