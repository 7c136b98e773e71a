import { EmailAccountPaused, EmailSent, type Campaign } from '@leadwire/contracts';
import { newId, type Ctx } from '@leadwire/kernel';
import { caller, eventually } from '@leadwire/testing';
import { Claims } from '../src/sending/claims.js';
import { SendJournal, type JournalState } from '../src/sending/send-journal.js';
import { email, wait, World } from './world.js';

const SENDING_OF = `
  SELECT count(*)::int AS n
  FROM campaigns.campaign_lead_activities
  WHERE tenant_id = $1
    AND status = 'sending'`;

let world: World;
beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world.stop());
afterEach(() => {
  world.mail.refuseLogin = false;
  world.mail.delayMs = 0;
});

describe('an account that does not work', () => {
  it('is paused when its login is refused, keeps its leads, and goes on when it is mended', async () => {
    const ctx = caller();
    world.mail.refuseLogin = true;
    world.addLeads(ctx, 20, (i) => ({ email: `login${i}@customer.test` }));
    const { id: campaignId, emailAccountId } = await world.launched(ctx, [email()]);
    const account = { emailAccountId: emailAccountId ?? '' };
    await eventually(async () => !(await world.accounts.get(ctx, account)).isActive);
    await eventually(async () =>
      (await world.activities(ctx, campaignId)).every(({ status }) => status === 'deferred'),
    );
    expect(await world.service.events(EmailAccountPaused, ctx.tenantId)).toMatchObject([
      { data: { reason: expect.stringContaining('535') } },
    ]);
    expect(await world.campaigns.stats(ctx, { campaignId })).toMatchObject({
      active: 20,
      failed: 0,
      sent: 0,
    });
    expect(await world.accounts.get(ctx, account)).toMatchObject({ sentToday: 0 });

    world.mail.refuseLogin = false;
    await world.accounts.update(ctx, { ...account, isActive: true });
    await world.completed(ctx, campaignId);
    for (let i = 0; i < 20; i++) expect(world.mail.to(`login${i}@customer.test`)).toHaveLength(1);
  });

  it('backs off while its server is away, and is paused when that does not end', async () => {
    const ctx = caller();
    world.addLeads(ctx, 3);
    const { id: campaignId, emailAccountId } = await world.launched(ctx, [email()], { smtpPort: 1 });
    await eventually(
      async () => !(await world.accounts.get(ctx, { emailAccountId: emailAccountId ?? '' })).isActive,
    );
    expect(await world.campaigns.stats(ctx, { campaignId })).toMatchObject({ active: 3, failed: 0 });
  });
});

describe('the daily limit', () => {
  it("is never exceeded, counts by the account's own day, and begins anew on the next", async () => {
    const ctx = caller();
    world.addLeads(ctx, 30, (i) => ({ email: `limit${i}@customer.test` }));
    const { id: campaignId, emailAccountId } = await world.launched(ctx, [email()], {
      dailySendLimit: 10,
      timezone: 'Pacific/Auckland',
    });
    const account = { emailAccountId: emailAccountId ?? '' };
    await eventually(async () => (await world.campaigns.stats(ctx, { campaignId })).sent === 10);
    const read = await world.accounts.get(ctx, account);
    const today = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Pacific/Auckland' }).format(new Date());
    expect(read).toMatchObject({ sentToday: 10, lastResetDate: today });
    expect(Date.parse(read.availableAt)).toBeGreaterThan(Date.now());

    await world.service.database.query(
      `UPDATE campaigns.email_accounts SET last_reset_date = last_reset_date - 1, available_at = now() WHERE id = $1`,
      [account.emailAccountId],
    );
    await world.accounts.update(ctx, { ...account, dailySendLimit: 12 });
    await eventually(async () => (await world.campaigns.stats(ctx, { campaignId })).sent === 22);
    expect(await world.accounts.get(ctx, account)).toMatchObject({ sentToday: 12 });
  });
});

describe('a team with many accounts whose servers hardly answer', () => {
  it('leaves room for the mails of others', async () => {
    const slow = caller();
    const held = Promise.withResolvers<void>();
    world.mail.onAnswer = (to) => (to.startsWith('slow') ? held.promise : undefined);
    world.addLeads(slow, 220, (i) => ({ email: `slow${i}@customer.test` }));
    // Enough to have more mails claimed than a process may have under way.
    const campaigns: Campaign[] = [];
    for (let account = 0; account < 10; account++) campaigns.push(await world.launched(slow, [email()]));
    const underWay = async () =>
      (await world.service.database.query<{ n: number }>(SENDING_OF, [slow.tenantId]))[0]?.n ?? 0;
    await eventually(async () => (await underWay()) >= 900);

    const other = caller();
    world.addLeads(other, 3, (i) => ({ email: `other${i}@customer.test` }));
    const { id } = await world.launched(other, [email()]);
    await world.completed(other, id);
    expect(world.mail.to('other2@customer.test')).toHaveLength(1);
    for (const { id: campaignId } of campaigns) await world.campaigns.pause(slow, { campaignId });
    held.resolve();
    world.mail.onAnswer = () => undefined;
    await eventually(async () => (await underWay()) === 0);
  });
});

describe('a template that takes as long as it may', () => {
  it('holds up others for a moment only: a claim renders what it has time for and leaves the rest due', async () => {
    const ctx = caller();
    world.addLeads(ctx, 50);
    const words = Array.from({ length: 1_000 }, (_, i) => i).join(' ');
    const loops = `{% assign a = "${words}" | split: " " %}{% for i in a %}{% for j in a %}{% endfor %}{% endfor %}`;
    const { id: campaignId, emailAccountId } = await world.launched(ctx, [
      wait(3600),
      email('Hello', `${loops}x`),
    ]);
    await world.service.database.query(
      'UPDATE campaigns.campaign_leads SET next_run_at = now() WHERE campaign_id = $1',
      [campaignId],
    );
    const claims = world.service.running.app.get(Claims);
    const journal = new SendJournal(world.journalDir);
    const claim = await claims.take(ctx.tenantId, campaignId, emailAccountId ?? '', 50, journal);
    expect(claim?.due).toBeGreaterThan(0);
    expect(claim?.due).toBeLessThan(20);
    expect(await world.campaigns.stats(ctx, { campaignId })).toMatchObject({
      failed: claim?.due,
      active: 50 - (claim?.due ?? 0),
    });
  });
});

describe('more than one process', () => {
  it('share the work, and each mail is sent once', async () => {
    await world.service.addReplica();
    const ctx = caller();
    world.addLeads(ctx, 300, (i) => ({ email: `two${i}@customer.test` }));
    const { id: campaignId } = await world.launched(ctx, [email(), wait(0), email('Second', 'x')], {
      dailySendLimit: 1_000,
    });
    await world.completed(ctx, campaignId);
    for (let i = 0; i < 300; i++) expect(world.mail.to(`two${i}@customer.test`)).toHaveLength(2);
    expect(await world.service.events(EmailSent, ctx.tenantId)).toHaveLength(600);
  });
});

describe('a process that died', () => {
  /** A mail that it had claimed, and how far its journal says that it came. */
  async function abandoned(ctx: Ctx, to: string, state?: JournalState, lostJournal = false) {
    world.addLeads(ctx, 1, () => ({ email: to }));
    const { id: campaignId, emailAccountId, steps } = await world.draft(ctx, [email()]);
    const [enrolment] = await world.enrolled(ctx, campaignId);
    const activityId = newId();
    const journal = new SendJournal(world.journalDir);
    if (state) journal.write('handed-over', activityId);
    if (state && state !== 'handed-over') journal.write(state, activityId);
    const claimId = lostJournal ? newId() : journal.id;
    await world.service.database.query(
      `WITH launched AS (
         UPDATE campaigns.campaigns SET status = 'active', launched_at = now() WHERE id = $1
       ), begun AS (
         UPDATE campaigns.campaign_leads SET status = 'active', current_step_order = 1 WHERE id = $2
       ), counted AS (
         UPDATE campaigns.email_accounts SET sent_today = 1, last_reset_date = current_date WHERE id = $4
       ), due AS (
         INSERT INTO campaigns.tenant_schedule VALUES ($8, now())
       )
       INSERT INTO campaigns.campaign_lead_activities (id, tenant_id, campaign_id, campaign_lead_id, step_id, email_account_id,
         channel, step_type, action_type, status, recipient, subject, message_content, message_id, reserved_on, claim_id, lease_until)
       VALUES ($5::uuid, $8, $1, $2, $3, $4, 'email', 'email', 'send', 'sending', $6, 'Hello', 'Hello', '<' || $5::uuid::text || '@seller.test>',
         current_date, $7, now() - CASE WHEN $9 THEN interval '1 hour' ELSE interval '1 second' END)`,
      [
        campaignId,
        enrolment?.id,
        steps[0]?.id,
        emailAccountId,
        activityId,
        to,
        claimId,
        ctx.tenantId,
        lostJournal,
      ],
    );
    return { campaignId, activityId, emailAccountId: emailAccountId ?? '' };
  }

  it.each<[string, JournalState | undefined, boolean, number, object]>([
    ['before the mail left: it is sent', undefined, false, 1, { status: 'sent', confirmed: true }],
    [
      'after the mail was accepted: it is recorded, not sent again',
      'accepted',
      false,
      0,
      { status: 'sent', confirmed: true },
    ],
    [
      'after the mail was handed over: it counts as sent, unconfirmed',
      'handed-over',
      false,
      0,
      { status: 'sent', confirmed: false },
    ],
    [
      'after the mail was refused: it is tried again',
      'refused',
      false,
      1,
      { status: 'sent', confirmed: true },
    ],
    [
      'with its journal: it counts as sent, unconfirmed',
      undefined,
      true,
      0,
      { status: 'sent', confirmed: false },
    ],
  ])('%s', async (name, state, lostJournal, mails, expected) => {
    const ctx = caller();
    const to = `dead-${name.length}@customer.test`;
    const { campaignId, activityId, emailAccountId } = await abandoned(ctx, to, state, lostJournal);
    await world.completed(ctx, campaignId);
    expect(world.mail.to(to)).toHaveLength(mails);
    expect(await world.activities(ctx, campaignId)).toMatchObject([{ id: activityId, ...expected }]);
    expect(await world.service.events(EmailSent, ctx.tenantId)).toMatchObject([{ data: { activityId } }]);
    expect(await world.accounts.get(ctx, { emailAccountId })).toMatchObject({ sentToday: 1 });
  });
});

describe('a service that is told to stop', () => {
  it('lets what is under way end and loses nothing', async () => {
    const own = await World.start();
    const ctx = caller();
    own.mail.delayMs = 20;
    own.addLeads(ctx, 150, (i) => ({ email: `stop${i}@customer.test` }));
    const { id: campaignId } = await own.launched(ctx, [email()]);
    await eventually(() => own.mail.received.length > 20);
    await own.service.running.stop();
    expect(own.mail.received.length).toBeLessThan(150);
    const pending = await own.service.database.query(
      `SELECT 1 FROM campaigns.campaign_lead_activities WHERE status = 'sending'`,
    );
    expect(pending).toEqual([]);
    await own.service.addReplica();
    await own.completed(ctx, campaignId);
    for (let i = 0; i < 150; i++) expect(own.mail.to(`stop${i}@customer.test`)).toHaveLength(1);
    await own.stop().catch(() => undefined);
  });
});
