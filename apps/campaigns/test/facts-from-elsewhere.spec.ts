import {
  CampaignPaused,
  CampaignResumed,
  EnrolmentEnded,
  FundsAvailable,
  FundsExhausted,
  ImportBatchStored,
  LeadDeleted,
  LeadUpdated,
  type SelectedLead,
} from '@leadwire/contracts';
import { newId, type Ctx } from '@leadwire/kernel';
import { caller, eventually } from '@leadwire/testing';
import { email, wait, World } from './world.js';

const LONG = [email('First', 'x'), wait(3600), email('For {{ firstName }}', 'y')];
const RESUME_AND_WAKE = `
  WITH resumed AS (
    UPDATE campaigns.campaigns SET status = 'active', pause_reason = NULL WHERE tenant_id = $1
  ), due AS (
    UPDATE campaigns.campaign_leads SET next_run_at = now() WHERE tenant_id = $1
  )
  UPDATE campaigns.tenant_schedule SET next_due_at = now() WHERE tenant_id = $1`;
/** The scheduler looked and found nothing to do. */
const WAITS = `SELECT next_due_at > now() AS waits FROM campaigns.tenant_schedule WHERE tenant_id = $1`;

describe('facts from elsewhere', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start();
  });
  afterAll(() => world.stop());

  async function running(ctx: Ctx) {
    const [lead] = world.addLeads(ctx, 1);
    const { id: campaignId } = await world.launched(ctx, LONG);
    await eventually(async () => (await world.enrolled(ctx, campaignId))[0]?.currentStepOrder === 3);
    return { campaignId, leadId: lead?.leadId ?? '', lead: lead?.lead };
  }
  const updated = (ctx: Ctx, leadId: string, version: number, over: object) => {
    const lead = {
      firstName: 'Ada',
      lastName: 'L',
      email: 'ada@customer.test',
      phone: null,
      companyName: null,
      title: null,
      linkedinUrl: null,
    };
    const data = {
      ...lead,
      customFields: {},
      stage: 'new',
      status: 'open',
      assignedUserId: null,
      isArchived: false,
      ...over,
    };
    return world.service.publish(LeadUpdated, { tenantId: ctx.tenantId, aggregateId: leadId, version, data });
  };

  it('about a lead are kept, the newest whatever the order', async () => {
    const ctx = caller();
    const { campaignId, leadId } = await running(ctx);
    await updated(ctx, leadId, 5, { firstName: 'Newest' });
    await eventually(async () => (await world.enrolled(ctx, campaignId))[0]?.firstName === 'Newest');
    await updated(ctx, leadId, 4, { firstName: 'Old' });
    await updated(ctx, leadId, 6, { lastName: 'Last' });
    const [enrolment] = await eventually(async () => {
      const rows = await world.enrolled(ctx, campaignId);
      return rows[0]?.lastName === 'Last' && rows;
    });
    expect(enrolment?.firstName).toBe('Ada');
  });

  it('about an import make it ask for the leads that are enrolled', async () => {
    const ctx = caller();
    const { campaignId, leadId } = await running(ctx);
    world.leads.set(
      ctx.tenantId,
      (world.leads.get(ctx.tenantId) ?? []).map((row) => ({
        ...row,
        version: 9,
        lead: { ...row.lead, companyName: 'Imported' },
      })),
    );
    await world.service.publish(ImportBatchStored, {
      tenantId: ctx.tenantId,
      data: { createdLeadIds: [], updatedLeadIds: [leadId, newId()] },
    });
    await eventually(async () => (await world.enrolled(ctx, campaignId))[0]?.companyName === 'Imported');
  });

  it.each(['deleted', 'archived'])(
    'that a lead is %s stop its enrolment, and the campaign when nobody is left',
    async (what) => {
      const ctx = caller();
      const { campaignId, leadId } = await running(ctx);
      if (what === 'archived') await updated(ctx, leadId, 2, { isArchived: true });
      else
        await world.service.publish(LeadDeleted, {
          tenantId: ctx.tenantId,
          aggregateId: leadId,
          version: 2,
          data: { deletedAt: new Date().toISOString() },
        });
      await world.completed(ctx, campaignId);
      expect(await world.enrolled(ctx, campaignId)).toMatchObject([
        { status: 'stopped', endReason: expect.stringContaining(what) },
      ]);
      expect(await world.service.events(EnrolmentEnded, ctx.tenantId)).toMatchObject([
        { data: { outcome: what === 'deleted' ? 'lead-deleted' : 'stopped' } },
      ]);
    },
  );

  it.each(['deleted', 'changed'])(
    'that a lead was %s while it was being enrolled are not lost',
    async (what) => {
      const ctx = caller();
      const [lead] = world.addLeads(ctx, 1) as [SelectedLead];
      const { leadId } = lead;
      world.onLeadsRead = async () => {
        world.onLeadsRead = () => Promise.resolve();
        const moved = { leadId, version: 2, lead: { ...lead.lead, email: 'moved@customer.test' } };
        world.leads.set(ctx.tenantId, what === 'deleted' ? [] : [moved]);
      };
      const { id: campaignId } = await world.draft(ctx, LONG);
      expect(await world.enrolled(ctx, campaignId)).toMatchObject([
        what === 'deleted'
          ? { leadId, status: 'stopped', endReason: 'The lead was deleted or archived.' }
          : { leadId, status: 'pending', email: 'moved@customer.test' },
      ]);
    },
  );

  it('that the funds are gone pause, that they are back resume, and a late word changes nothing', async () => {
    const ctx = caller();
    const { campaignId } = await running(ctx);
    const wallet = { walletId: newId(), balance: '0', currency: 'EUR' };
    const exhausted = (version: number) =>
      world.service.publish(FundsExhausted, {
        tenantId: ctx.tenantId,
        version,
        data: { ...wallet, pending: '1' },
      });
    const status = async () => (await world.campaigns.get(ctx, { campaignId })).status;
    await exhausted(5);
    await eventually(async () => (await status()) === 'paused');
    await expect(world.campaigns.resume(ctx, { campaignId })).rejects.toMatchObject({
      code: 'campaign.insufficient_funds',
    });
    await world.service.publish(FundsAvailable, { tenantId: ctx.tenantId, version: 7, data: wallet });
    await eventually(async () => (await status()) === 'active');
    await exhausted(6);
    const last = await exhausted(6);
    await eventually(
      async () =>
        (await world.service.database.query('SELECT 1 FROM campaigns.inbox WHERE event_id = $1', [last]))
          .length === 1,
    );
    expect(await status()).toBe('active');
    expect(await world.service.events(CampaignPaused, ctx.tenantId)).toMatchObject([
      { data: { reason: 'insufficient-funds' } },
    ]);
    expect(await world.service.events(CampaignResumed, ctx.tenantId)).toMatchObject([
      { data: { reason: 'funds-available' } },
    ]);
  });

  it('that the funds are gone also hold what was resumed at that very moment, until they are back', async () => {
    const ctx = caller();
    world.addLeads(ctx, 1, () => ({ email: 'unpaid@customer.test' }));
    const { id: campaignId } = await world.launched(ctx, [wait(3600), email()]);
    const wallet = { walletId: newId(), balance: '0', currency: 'EUR' };
    const of = { tenantId: ctx.tenantId, version: 5 };
    await world.service.publish(FundsExhausted, { ...of, data: { ...wallet, pending: '1' } });
    await eventually(async () => (await world.campaigns.get(ctx, { campaignId })).status === 'paused');
    // What a request leaves that had found funds before the word of their end, and committed after it.
    const database = world.service.database;
    await database.query(RESUME_AND_WAKE, [ctx.tenantId]);
    await eventually(async () => {
      const [row] = await database.query<{ waits: boolean }>(WAITS, [ctx.tenantId]);
      return row?.waits;
    });
    expect(await world.activities(ctx, campaignId)).toEqual([]);
    await world.service.publish(FundsAvailable, { ...of, version: 6, data: wallet });
    await world.completed(ctx, campaignId);
    expect(world.mail.to('unpaid@customer.test')).toHaveLength(1);
  });
});
