import { Inject } from '@nestjs/common';
import {
  campaignErrors,
  enrolmentsApi,
  leadSelectionApi,
  type CampaignActivity,
  type Enrolment,
  type EnrolmentResult,
  type EnrolmentsApi,
  type EnrolLeads,
  type LeadSelectionApi,
  type ListActivities,
  type ListEnrolments,
  type Page,
  type SelectedLead,
} from '@leadwire/contracts';
import { Clock, newId, remainingMs, type Ctx } from '@leadwire/kernel';
import { Client, Serves } from '@leadwire/messaging';
import { Cursors, TenantTransaction } from '@leadwire/persistence';
import { STEPS_OF, type StepRow } from '../campaigns/campaigns.queries.js';
import { nextStop } from '../campaigns/steps.js';
import { Schedule } from '../sending/schedule.js';
import { EnrolledLeads } from './enrolled-leads.js';
import {
  CAMPAIGN_EXISTS,
  ENROL,
  LIST_ACTIVITIES,
  LIST_ENROLMENTS,
  LOCK_OPEN,
  type ActivityRow,
  type EnrolmentRow,
  type OpenCampaign,
} from './enrolments.queries.js';

/** Kept back from the caller's deadline for the answer; a batch takes far less. */
const TIME_RESERVE_MS = 2_000;
const OPEN_STATUSES = ['draft', 'active', 'paused'];
const iso = (at: Date | null) => at?.toISOString() ?? null;

/** Who is in a campaign, and what was done for them. */
@Serves(enrolmentsApi)
export class EnrolmentsService implements EnrolmentsApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(Cursors) private readonly cursors: Cursors,
    @Client(leadSelectionApi) private readonly leads: LeadSelectionApi,
    @Inject(EnrolledLeads) private readonly enrolled: EnrolledLeads,
    @Inject(Schedule) private readonly schedule: Schedule,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** Batches commit one by one; the cursor says where to go on, and repeating a batch enrols nobody twice. */
  async enrol(ctx: Ctx, { campaignId, filter, leadIds, cursor }: EnrolLeads): Promise<EnrolmentResult> {
    // One remembered answer cannot stand for many transactions, and none is needed: each lead is enrolled once anyway.
    const { idempotencyKey: _, ...plain } = ctx;
    await this.requireOpen(plain, campaignId);
    const result: EnrolmentResult = {
      enrolled: 0,
      alreadyEnrolled: 0,
      complete: false,
      cursor: cursor ?? null,
    };
    do {
      const { items, next } = await this.leads.resolve(plain, {
        withEmail: true,
        ...(filter ? { filter } : {}),
        ...(leadIds ? { leadIds } : {}),
        ...(result.cursor ? { cursor: result.cursor } : {}),
      });
      const enrolled = items.length > 0 ? await this.enrolBatch(plain, campaignId, items) : 0;
      if (enrolled > 0) await this.enrolled.catchUp(plain, items);
      result.enrolled += enrolled;
      result.alreadyEnrolled += items.length - enrolled;
      result.cursor = next;
      result.complete = next === null;
    } while (!result.complete && remainingMs(ctx) > TIME_RESERVE_MS);
    return result;
  }

  async list(ctx: Ctx, input: ListEnrolments): Promise<Page<Enrolment>> {
    const { campaignId, status } = input;
    const { after, limit } = this.cursors.read(ctx, 'enrolments', input);
    await this.requireCampaign(ctx, campaignId);
    const params = [ctx.tenantId, campaignId, status ?? null, after?.[0] ?? null, limit + 1];
    const rows = await this.tenant.read<EnrolmentRow>(ctx, LIST_ENROLMENTS, params);
    return this.cursors.page(ctx, 'enrolments', input, rows, (row) => [row.id], toEnrolment);
  }

  async activities(ctx: Ctx, input: ListActivities): Promise<Page<CampaignActivity>> {
    const { campaignId, enrolmentId, status } = input;
    const { after, limit } = this.cursors.read(ctx, 'activities', input);
    await this.requireCampaign(ctx, campaignId);
    const params = [
      ctx.tenantId,
      campaignId,
      enrolmentId ?? null,
      status ?? null,
      after?.[0] ?? null,
      limit + 1,
    ];
    const rows = await this.tenant.read<ActivityRow>(ctx, LIST_ACTIVITIES, params);
    return this.cursors.page(ctx, 'activities', input, rows, (row) => [row.id], toActivity);
  }

  private enrolBatch(ctx: Ctx, campaignId: string, leads: SelectedLead[]): Promise<number> {
    return this.tenant.run(ctx, async (db) => {
      const [campaign] = await db.query<OpenCampaign>(LOCK_OPEN, [ctx.tenantId, campaignId]);
      requireOpenStatus(campaign);
      const steps = await db.query<StepRow>(STEPS_OF, [ctx.tenantId, campaignId]);
      const launched = campaign.status !== 'draft';
      const now = this.clock.now();
      const first = nextStop(
        steps,
        0,
        campaign.startsAt && campaign.startsAt > now ? campaign.startsAt : now,
      );
      const rows = leads.map(({ leadId, version, lead }) => ({ id: newId(), leadId, version, ...lead }));
      const enrolled = await db.execute(ENROL, [
        ...[ctx.tenantId, campaignId, JSON.stringify(rows)],
        ...(launched ? ['active', first.order, first.at] : ['pending', 0, null]),
      ]);
      if (campaign.status === 'active' && first.at) await this.schedule.wake(db, first.at);
      return enrolled;
    });
  }

  private async requireOpen(ctx: Ctx, campaignId: string): Promise<void> {
    const [campaign] = await this.tenant.run(ctx, (db) =>
      db.query<OpenCampaign>(LOCK_OPEN, [ctx.tenantId, campaignId]),
    );
    requireOpenStatus(campaign);
  }

  private async requireCampaign(ctx: Ctx, campaignId: string): Promise<void> {
    const found = await this.tenant.read(ctx, CAMPAIGN_EXISTS, [ctx.tenantId, campaignId], 'campaign-exists');
    if (found.length === 0) throw campaignErrors.not_found();
  }
}

function requireOpenStatus(campaign: OpenCampaign | undefined): asserts campaign is OpenCampaign {
  if (!campaign) throw campaignErrors.not_found();
  if (!OPEN_STATUSES.includes(campaign.status))
    throw campaignErrors.wrong_status({ extras: { status: campaign.status } });
}

function toEnrolment({ nextRunAt, startedAt, completedAt, createdAt, ...row }: EnrolmentRow): Enrolment {
  const times = { nextRunAt: iso(nextRunAt), startedAt: iso(startedAt), completedAt: iso(completedAt) };
  return { ...row, ...times, createdAt: createdAt.toISOString() };
}

function toActivity({ executedAt, createdAt, ...row }: ActivityRow): CampaignActivity {
  return { ...row, executedAt: iso(executedAt), createdAt: createdAt.toISOString() };
}
