import type { Ctx } from '@leadwire/kernel';
import { caller, eventually } from '@leadwire/testing';
import { Leases } from '../src/sending/leases.js';
import { Recovery } from '../src/sending/recovery.js';
import { email, World } from './world.js';

const MAILS = 40;

/** The leases of a tenant's mails end, as they do while the database is away. */
const END_LEASES = `
  UPDATE campaigns.campaign_lead_activities
  SET lease_until = now() - interval '1 second'
  WHERE tenant_id = $1
    AND status = 'sending'`;

/** What another process does with mails that it takes over and that never left: they are due again, and give back their slots. */
const PUT_BACK_ELSEWHERE = `
  WITH put AS (
    UPDATE campaigns.campaign_lead_activities
    SET status = 'deferred', claim_id = NULL, lease_until = NULL
    WHERE tenant_id = $1
      AND status = 'sending'
      AND recipient <> ALL ($2)
    RETURNING campaign_lead_id
  ), slots AS (
    UPDATE campaigns.email_accounts
    SET sent_today = sent_today - (SELECT count(*) FROM put)
    WHERE tenant_id = $1
  ), woken AS (
    UPDATE campaigns.tenant_schedule
    SET next_due_at = now()
    WHERE tenant_id = $1
  )
  UPDATE campaigns.campaign_leads
  SET next_run_at = now()
  WHERE tenant_id = $1
    AND id IN (SELECT campaign_lead_id FROM put)`;

describe('a process that lost its leases and lives', () => {
  let world: World;
  let held: PromiseWithResolvers<void>;
  beforeAll(async () => {
    world = await World.start();
  });
  afterAll(() => world.stop());
  beforeEach(() => {
    held = Promise.withResolvers<void>();
    world.mail.onAnswer = () => held.promise;
  });
  afterEach(() => held.resolve());

  const underWay = async (ctx: Ctx) => {
    const [row] = await world.service.database.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM campaigns.campaign_lead_activities WHERE tenant_id = $1 AND status = 'sending'`,
      [ctx.tenantId],
    );
    return row?.n;
  };
  const addresses = (name: string) => Array.from({ length: MAILS }, (_, i) => `${name}${i}@customer.test`);
  /** Mails that are all claimed: some have left and wait for their answer, the others wait behind them. */
  const launch = async (ctx: Ctx, name: string) => {
    world.addLeads(ctx, MAILS, (i) => ({ email: `${name}${i}@customer.test` }));
    const campaign = await world.launched(ctx, [email()]);
    const left = () => addresses(name).filter((address) => world.mail.to(address).length > 0);
    await eventually(async () => (await underWay(ctx)) === MAILS && left().length === 8);
    return { campaignId: campaign.id, emailAccountId: campaign.emailAccountId ?? '', left: left() };
  };

  it('brings to an end itself what it holds, and sends none of it twice', async () => {
    const ctx = caller();
    const { campaignId, emailAccountId } = await launch(ctx, 'alive');
    await world.service.database.query(END_LEASES, [ctx.tenantId]);
    expect(await world.service.running.app.get(Recovery).recover(ctx.tenantId)).toBe(0);
    held.resolve();
    await world.completed(ctx, campaignId);
    for (const address of addresses('alive')) expect(world.mail.to(address)).toHaveLength(1);
    expect(await world.campaigns.stats(ctx, { campaignId })).toMatchObject({ sent: MAILS, unconfirmed: 0 });
    expect(await world.accounts.get(ctx, { emailAccountId })).toMatchObject({ sentToday: MAILS });
  });

  it('claims what others put back only once its own outcome is written, so that each mail leaves and counts once', async () => {
    const ctx = caller();
    const { campaignId, emailAccountId, left } = await launch(ctx, 'back');
    world.service.running.app.get(Leases).forfeit(({ tenantId }) => tenantId === ctx.tenantId);
    await world.service.database.query(PUT_BACK_ELSEWHERE, [ctx.tenantId, left]);
    // Another tenant's turn comes after this one's: had anything been claimed again, it would have been by then.
    const other = caller();
    world.mail.onAnswer = (to) => (to.startsWith('back') ? held.promise : undefined);
    world.addLeads(other, 1, () => ({ email: 'beside@customer.test' }));
    await world.completed(other, (await world.launched(other, [email()])).id);
    expect(await underWay(ctx)).toBe(left.length);

    held.resolve();
    await world.completed(ctx, campaignId);
    for (const address of addresses('back')) expect(world.mail.to(address)).toHaveLength(1);
    expect(await world.campaigns.stats(ctx, { campaignId })).toMatchObject({ sent: MAILS, unconfirmed: 0 });
    expect(await world.accounts.get(ctx, { emailAccountId })).toMatchObject({ sentToday: MAILS });
  });
});
