import { InvitationRevoked, operatorsApi, UserReinstated, UserSuspended } from '@leadwire/contracts';
import { systemCtx } from '@leadwire/kernel';
import { eventually } from '@leadwire/testing';
import { ApiKeyOwners } from '../src/api-keys/api-key-owners.js';
import { anonymous, memberIn, PASSWORD, signedIn, signUp } from './identity-client.js';
import { codeOf, InvitationFixture } from './invitation-fixture.js';

describe('a person whom an operator suspends', () => {
  let fixture: InvitationFixture;
  beforeAll(async () => {
    fixture = await InvitationFixture.start();
  });
  afterAll(() => fixture.stop());

  let people = 0;
  const stranger = () => `second${++people}@elsewhere.example`;
  const operators = () => fixture.service.client(operatorsApi);
  const suspend = (user: string) => operators().suspendUser(systemCtx(''), { user, reason: 'spam' });
  const reinstate = (user: string) => operators().reinstateUser(systemCtx(''), { user });
  const signUpBy = (token: string) =>
    codeOf(fixture.invitees.signUp(anonymous(), { token, password: PASSWORD }));
  const revocations = async (tenantId: string) =>
    (await fixture.service.events(InvitationRevoked, tenantId)).map(({ aggregateId, data }) => [
      aggregateId,
      data['reason'],
    ]);
  /** What a team was told about the standing of its people, oldest first. */
  const told = async (tenantId: string) => {
    const rows = await fixture.service.database.query<{ type: string; version: string }>(
      `SELECT event_type AS type, metadata->>'version' AS version FROM identity.domain_events
       WHERE tenant_id = $1 AND event_type = ANY ($2) ORDER BY seq`,
      [tenantId, [UserSuspended.type, UserReinstated.type]],
    );
    return rows.map(({ type, version }) => [type, Number(version)]);
  };
  const inTwoTeams = async () => {
    const host = await signUp(fixture.service);
    const member = await memberIn(fixture.service, host, 'admin');
    return { host, ...member, teams: [host.tenant.id, member.own.tenant.id] };
  };

  it('brings no second address in: what they sent is withdrawn in every team, what colleagues sent is not', async () => {
    const { host, ctx, own, email } = await inTwoTeams();
    const here = await fixture.invite(ctx, stranger(), 'admin');
    const there = await fixture.invite(signedIn(own), stranger(), 'owner');
    const colleagues = await fixture.invite(signedIn(host), stranger());
    await suspend(email);
    for (const { token } of [here, there]) expect(await signUpBy(token)).toBe('invitation.revoked');
    expect(await signUpBy(colleagues.token)).toBe('ok');
    expect(await revocations(host.tenant.id)).toEqual([[here.id, 'inviter-suspended']]);
    expect(await revocations(own.tenant.id)).toEqual([[there.id, 'inviter-suspended']]);
    await reinstate(email);
    expect(await signUpBy(here.token)).toBe('invitation.revoked');
  });

  it('invites nobody by a request that was under way', async () => {
    const { ctx, email } = await inTwoTeams();
    await suspend(email);
    const invitations = [{ email: stranger(), role: 'agent' as const }];
    expect(await codeOf(fixture.invitations.create(ctx, { invitations }))).toBe('account.not_a_member');
    await reinstate(email);
    expect(await codeOf(fixture.invitations.create(ctx, { invitations }))).toBe('ok');
  });

  it('is told of to each team once, however often it is asked for, and so is that they are back', async () => {
    const { email, teams } = await inTwoTeams();
    await suspend(email);
    await suspend(email);
    for (const team of teams) expect(await told(team)).toEqual([[UserSuspended.type, 1]]);
    await reinstate(email);
    await reinstate(email);
    for (const team of teams)
      expect(await told(team)).toEqual([
        [UserSuspended.type, 1],
        [UserReinstated.type, 2],
      ]);
  });

  it('is told of to every team, and brings nobody in, even when the process dies before it could say so', async () => {
    const { ctx, email, teams } = await inTwoTeams();
    const { token } = await fixture.invite(ctx, stranger(), 'admin');
    const keys = fixture.service.running.app.get(ApiKeyOwners);
    const switched = keys.switched.bind(keys);
    keys.switched = () => Promise.reject(new Error('killed here'));
    expect(await codeOf(suspend(email))).not.toBe('ok');
    keys.switched = switched;
    for (const team of teams)
      await eventually(async () => (await told(team)).length > 0 && (await told(team)));
    expect(await signUpBy(token)).toBe('invitation.revoked');
    await suspend(email);
    for (const team of teams) expect(await told(team)).toEqual([[UserSuspended.type, 1]]);
  });

  it('stops in a team that is suspended itself', async () => {
    const { host, ctx, email } = await inTwoTeams();
    const { token } = await fixture.invite(ctx, stranger(), 'admin');
    const tenantId = host.tenant.id;
    await operators().suspendTenant(systemCtx(''), { tenantId, reason: 'unpaid' });
    await suspend(email);
    expect(await told(tenantId)).toEqual([[UserSuspended.type, 1]]);
    await operators().reinstateTenant(systemCtx(''), { tenantId });
    expect(await signUpBy(token)).toBe('invitation.revoked');
  });
});
