import {
  InvitationCreated,
  InvitationRevoked,
  membersApi,
  operatorsApi,
  ROLES,
  type Role,
} from '@leadwire/contracts';
import { newId, systemCtx } from '@leadwire/kernel';
import { eventually } from '@leadwire/testing';
import { memberIn, signedIn, signUp, travel } from './identity-client.js';
import { codeOf, InvitationFixture } from './invitation-fixture.js';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

describe('inviting people', () => {
  let fixture: InvitationFixture;
  beforeAll(async () => {
    fixture = await InvitationFixture.start();
  });
  afterAll(() => fixture.stop());
  afterEach(() => travel(fixture.service, 0));

  let count = 0;
  const address = () => `invitee${++count}@example.com`;
  const batch = (size: number) =>
    Array.from({ length: size }, () => ({ email: address(), role: 'agent' as const }));

  it('sends each address a mail with a link of its own, and says what became of each', async () => {
    const session = await signUp(fixture.service, {
      tenantName: 'Rockets',
      firstName: 'Ann',
      lastName: 'Lee',
    });
    const member = await memberIn(fixture.service, session, 'viewer');
    const [one, two] = [address(), address()];
    const { results } = await fixture.invitations.create(signedIn(session, 'admin'), {
      invitations: [
        { email: one.toUpperCase(), role: 'manager' },
        { email: two, role: 'viewer' },
        { email: member.email, role: 'agent' },
        { email: one, role: 'agent' },
      ],
      message: 'Join us.',
      metadata: { source: 'crm' },
    });
    expect(results.map(({ email, outcome }) => [email, outcome])).toEqual([
      [one, 'invited'],
      [two, 'invited'],
      [member.email, 'already-member'],
      [one, 'named-twice'],
    ]);
    expect(results[0]?.invitation).toMatchObject({
      email: one,
      role: 'manager',
      status: 'open',
      message: 'Join us.',
      metadata: { source: 'crm' },
      invitedBy: session.user.id,
      sends: 1,
      acceptedAt: null,
    });
    const mail = await fixture.sink.waitFor(one);
    expect(mail.subject).toBe('Ann Lee invites you to Rockets on Leadwire');
    expect(mail.text).toContain('Join us.');
    expect(mail.text).toMatch(/https:\/\/app\.leadwire\.test\/invitations#token=[\w-]{43}\n/);
    expect(await fixture.sink.tokenFor(two)).not.toBe(await fixture.sink.tokenFor(one));
    expect(fixture.sink.to(member.email).filter(({ subject }) => subject.includes('invites you'))).toEqual(
      [],
    );
    const again = await fixture.invitations.create(signedIn(session), {
      invitations: [{ email: one, role: 'viewer' }],
    });
    expect(again.results).toEqual([{ email: one, outcome: 'already-invited', invitation: null }]);
  });

  it('announces them without an address, and stores the token as nothing but a hash', async () => {
    const session = await signUp(fixture.service);
    const { id, email, token } = await fixture.invite(signedIn(session), address());
    const events = await fixture.service.events(InvitationCreated, session.tenant.id);
    expect(events).toMatchObject([{ aggregateId: id, data: { role: 'agent', invitedBy: session.user.id } }]);
    expect(JSON.stringify(events)).not.toContain(email);
    const [row] = await fixture.service.database.query<{ text: string }>(
      'SELECT i::text AS text FROM identity.tenant_invitations i WHERE id = $1',
      [id],
    );
    expect(row?.text).not.toContain(token);
    expect(row?.text).toMatch(/[0-9a-f]{64}/);
  });

  it('quotes names and messages with nothing in them to click on, and nothing that becomes a header or HTML', async () => {
    const session = await signUp(fixture.service, {
      tenantName: 'Prizes at evil.example\r\nBcc: all@example.com',
      firstName: '<b>Eve</b>',
    });
    const email = address();
    await fixture.invitations.create(signedIn(session), {
      invitations: [{ email, role: 'agent' }],
      message: 'Click https://evil.example/x <a href="https://evil.example">now</a>\nor www.evil.example',
    });
    const mail = await fixture.sink.waitFor(email);
    for (const part of [mail.subject, mail.text, mail.html]) expect(part).not.toContain('evil.example');
    expect(mail.html).not.toMatch(/href="(?!https:\/\/app\.leadwire\.test\/)/);
    expect(mail.text).not.toContain('\nBcc');
    expect(mail.html).toContain('&lt;b&gt;Eve&lt;/b&gt;');
    expect(mail.headers.has('bcc')).toBe(false);
    expect(fixture.sink.to('all@example.com')).toEqual([]);
  });

  it('is for owners and admins, up to their own role; one role too high and nobody is invited', async () => {
    const session = await signUp(fixture.service);
    for (const role of ROLES) {
      const { ctx } = await memberIn(fixture.service, session, role);
      for (const invited of ROLES) {
        const may = ['owner', 'admin'].includes(role);
        const reach = ROLES.indexOf(role) <= ROLES.indexOf(invited);
        const email = address();
        const code = await codeOf(
          fixture.invitations.create(ctx, {
            invitations: [
              { email, role: 'viewer' },
              { email: address(), role: invited },
            ],
          }),
        );
        const expected = !may ? 'request.forbidden' : reach ? 'ok' : 'member.role_above_yours';
        expect([role, invited, code]).toEqual([role, invited, expected]);
        const { items } = await fixture.invitations.list(signedIn(session), { limit: 100 });
        expect(items.some((item) => item.email === email)).toBe(code === 'ok');
      }
    }
  });

  it('of another team are not seen, sent again or withdrawn', async () => {
    const [one, other] = await Promise.all([signUp(fixture.service), signUp(fixture.service)]);
    const { id } = await fixture.invite(signedIn(one), address());
    const stranger = signedIn(other);
    travel(fixture.service, 2 * MINUTE_MS);
    expect((await fixture.invitations.list(stranger, {})).items).toEqual([]);
    for (const invitationId of [id, newId()]) {
      expect(await codeOf(fixture.invitations.resend(stranger, { invitationId }))).toBe(
        'invitation.not_found',
      );
      expect(await codeOf(fixture.invitations.revoke(stranger, { invitationId }))).toBe(
        'invitation.not_found',
      );
    }
    expect((await fixture.invitations.list(signedIn(one), {})).items).toMatchObject([
      { id, status: 'open', sends: 1 },
    ]);
  });

  it('lists them by what became of them, newest first, page by page', async () => {
    const ctx = signedIn(await signUp(fixture.service));
    const made = [];
    for (let i = 0; i < 4; i++) made.push(await fixture.invite(ctx, address()));
    await fixture.invitations.revoke(ctx, { invitationId: made[0]?.id as string });
    await fixture.invitees.signUp(
      { ...ctx, actor: 'anonymous' },
      {
        token: made[1]?.token as string,
        password: 'a password of theirs',
      },
    );
    const ids = async (status?: string) =>
      (await fixture.invitations.list(ctx, status ? { status } : {})).items.map(({ id }) => id);
    expect(await ids()).toEqual(made.map(({ id }) => id).reverse());
    expect(await ids('revoked')).toEqual([made[0]?.id]);
    expect(await ids('accepted')).toEqual([made[1]?.id]);
    expect(await ids('open')).toEqual([made[3]?.id, made[2]?.id]);
    const page = await fixture.invitations.list(ctx, { limit: 3 });
    expect(
      (await fixture.invitations.list(ctx, { limit: 3, cursor: page.next as string })).items,
    ).toHaveLength(1);
    travel(fixture.service, 8 * DAY_MS);
    expect(await ids('expired')).toEqual([made[3]?.id, made[2]?.id]);
    expect(await ids('open')).toEqual([]);
  });

  it('sends one again with a new link, a minute later at the earliest and five times in all', async () => {
    const ctx = signedIn(await signUp(fixture.service));
    const { id: invitationId, email, token } = await fixture.invite(ctx, address());
    expect(await codeOf(fixture.invitations.resend(ctx, { invitationId }))).toBe('invitation.sent_just_now');
    travel(fixture.service, 3 * DAY_MS);
    const renewed = await fixture.invitations.resend(ctx, { invitationId });
    expect(renewed).toMatchObject({ sends: 2, status: 'open' });
    expect(Date.parse(renewed.expiresAt)).toBeGreaterThan(Date.now() + 9 * DAY_MS);
    await eventually(() => fixture.sink.to(email).length === 2);
    expect(await codeOf(fixture.invitees.show(ctx, { token }))).toBe('invitation.not_found');
    expect(await codeOf(fixture.invitees.show(ctx, { token: await fixture.sink.tokenFor(email) }))).toBe(
      'ok',
    );
    for (let send = 3; send <= 5; send++) {
      travel(fixture.service, send * 4 * DAY_MS);
      await fixture.invitations.resend(ctx, { invitationId });
    }
    travel(fixture.service, 30 * DAY_MS);
    expect(await codeOf(fixture.invitations.resend(ctx, { invitationId }))).toBe('invitation.sent_too_often');
  });

  it('withdraws one, whose link then says so; the address may be invited anew', async () => {
    const session = await signUp(fixture.service);
    const ctx = signedIn(session);
    const { id: invitationId, email, token } = await fixture.invite(ctx, address());
    await fixture.invitations.revoke(ctx, { invitationId });
    await fixture.invitations.revoke(ctx, { invitationId });
    expect(await codeOf(fixture.invitees.show(ctx, { token }))).toBe('invitation.revoked');
    expect(await codeOf(fixture.invitations.resend(ctx, { invitationId }))).toBe('invitation.revoked');
    expect(await fixture.service.events(InvitationRevoked, session.tenant.id)).toMatchObject([
      { aggregateId: invitationId, data: { reason: 'withdrawn' } },
    ]);
    expect((await fixture.invite(ctx, email)).id).not.toBe(invitationId);
  });

  it('makes room for a new one where one has expired', async () => {
    const ctx = signedIn(await signUp(fixture.service));
    const { id, email } = await fixture.invite(ctx, address());
    travel(fixture.service, 8 * DAY_MS);
    expect((await fixture.invite(ctx, email)).id).not.toBe(id);
    expect((await fixture.invitations.list(ctx, {})).items.map(({ status }) => status)).toEqual([
      'open',
      'revoked',
    ]);
  });

  it('invites an address once when two ask at once', async () => {
    const ctx = signedIn(await signUp(fixture.service));
    const order = { invitations: [{ email: address(), role: 'agent' as const }] };
    const answers = await Promise.all([1, 2, 3].map(() => fixture.invitations.create(ctx, order)));
    expect(answers.map(({ results }) => results[0]?.outcome).sort()).toEqual([
      'already-invited',
      'already-invited',
      'invited',
    ]);
  });

  it('stops at a hundred mails a day, with none of the request that would pass it', async () => {
    const ctx = signedIn(await signUp(fixture.service));
    await fixture.invitations.create(ctx, { invitations: batch(50) });
    await fixture.invitations.create(ctx, { invitations: batch(49) });
    const error = await fixture.invitations.create(ctx, { invitations: batch(2) }).catch((e: unknown) => e);
    expect(error).toMatchObject({
      code: 'invitation.daily_limit',
      details: { retryAfterSeconds: expect.any(Number) },
    });
    expect(await codeOf(fixture.invitations.create(ctx, { invitations: batch(1) }))).toBe('ok');
    travel(fixture.service, DAY_MS + MINUTE_MS);
    expect(await codeOf(fixture.invitations.create(ctx, { invitations: batch(50) }))).toBe('ok');
  });

  it('forgets addresses of people who never came, after three months', async () => {
    const ctx = signedIn(await signUp(fixture.service));
    const { id } = await fixture.invite(ctx, address());
    travel(fixture.service, 98 * DAY_MS);
    await fixture.invite(ctx, address());
    expect((await fixture.invitations.list(ctx, {})).items.some((item) => item.id === id)).toBe(false);
  });

  it('ends with the inviter: who is removed leaves no open invitation, who is demoted none above the new role', async () => {
    const session = await signUp(fixture.service);
    const admin = await memberIn(fixture.service, session, 'admin');
    const leaver = await memberIn(fixture.service, session, 'admin');
    for (const { ctx } of [admin, leaver])
      for (const role of ['admin', 'manager', 'agent'] as Role[]) await fixture.invite(ctx, address(), role);
    const members = fixture.service.client(membersApi);
    await members.update(signedIn(session), { userId: admin.userId, role: 'manager' });
    await members.remove(signedIn(session), { userId: leaver.userId });
    const { items } = await fixture.invitations.list(signedIn(session), { status: 'open' });
    expect(items.map(({ invitedBy, role }) => [invitedBy, role])).toEqual([
      [admin.userId, 'agent'],
      [admin.userId, 'manager'],
    ]);
  });

  it.each([
    ['no one', { invitations: [] }, '/invitations'],
    ['51 at once', { invitations: batch(51) }, '/invitations'],
    ['what is no address', { invitations: [{ email: 'x', role: 'agent' }] }, '/invitations/0/email'],
    ['no role', { invitations: [{ email: 'a@example.com' }] }, '/invitations/0/role'],
    ['a message that is too long', { invitations: batch(1), message: 'x'.repeat(1001) }, '/message'],
    ['too much metadata', { invitations: batch(1), metadata: { x: 'x'.repeat(3000) } }, '/metadata'],
    ['what it does not know', { invitations: batch(1), token: 'x' }, '/token'],
  ])('refuses %s', async (_, input, pointer) => {
    await expect(
      fixture.invitations.create(signedIn(await signUp(fixture.service)), input as never),
    ).rejects.toMatchObject({ code: 'request.invalid', details: { errors: [{ pointer }] } });
  });

  it('is not done by a mail that waited until its team was suspended or its invitation withdrawn', async () => {
    const session = await signUp(fixture.service);
    const ctx = signedIn(session);
    const [suspended, withdrawn] = [address(), address()];
    const queuedFor = async (email: string) => {
      const { results } = await fixture.invitations.create(ctx, { invitations: [{ email, role: 'agent' }] });
      return results[0]?.invitation?.id as string;
    };
    const waiting = async () => {
      const rows = await fixture.service.database.query<{ tried: boolean }>(
        `SELECT attempts > 0 AS tried FROM identity.deliveries WHERE template = 'invitation' AND state = 'waiting'`,
      );
      return rows.map(({ tried }) => tried);
    };
    const operators = fixture.service.client(operatorsApi);
    const { tenant } = session;
    fixture.sink.refuse = () => 451;
    try {
      await queuedFor(suspended);
      const invitationId = await queuedFor(withdrawn);
      await eventually(async () => (await waiting()).join() === 'true,true');
      await fixture.invitations.revoke(ctx, { invitationId });
      await operators.suspendTenant(systemCtx(''), { tenantId: tenant.id, reason: 'unpaid' });
    } finally {
      fixture.sink.refuse = () => undefined;
    }
    travel(fixture.service, MINUTE_MS);
    await eventually(async () => (await waiting()).length === 0);
    for (const email of [suspended, withdrawn]) expect(fixture.sink.to(email)).toEqual([]);

    await operators.reinstateTenant(systemCtx(''), { tenantId: tenant.id });
    const { items } = await fixture.invitations.list(ctx, { status: 'open' });
    await fixture.invitations.resend(ctx, { invitationId: items[0]?.id as string });
    expect((await fixture.sink.waitFor(suspended)).subject).toContain('invites you');
  });
});
