import { Inject } from '@nestjs/common';
import {
  campaignErrors,
  CampaignLaunched,
  CampaignPaused,
  CampaignResumed,
  campaignsApi,
  emailAccountErrors,
  type Campaign,
  type CampaignRef,
  type CampaignsApi,
  type CampaignStats,
  type CampaignSummary,
  type CreateCampaign,
  type LaunchCheck,
  type ListCampaigns,
  type Page,
  type ReplaceCampaignSteps,
  type UpdateCampaign,
} from '@leadwire/contracts';
import { assert, Clock, newId, requestErrors, type Ctx, type InputError } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { Cursors, TenantTransaction, type TenantDb } from '@leadwire/persistence';
import { LessThan } from 'typeorm';
import { EmailAccountEntity } from '../accounts/email-account.entity.js';
import { Schedule } from '../sending/schedule.js';
import { checkTemplate } from '../templates/liquid.js';
import { CampaignEntity } from './campaign.entity.js';
import { toCampaign, toSummary } from './campaign-view.js';
import {
  CAMPAIGN_STATS,
  FUNDS_EXHAUSTED,
  INSERT_STEPS,
  KNOWN_TEMPLATES,
  START_ENROLMENTS,
  STEPS_OF,
  type StatsRow,
  type StepRow,
} from './campaigns.queries.js';
import { LaunchChecks, overdue } from './launch-check.js';
import { configOf, nextStop, stepProblems } from './steps.js';

const LIST = 'campaigns';
const toDate = (text: string | null | undefined): Date | null => (text ? new Date(text) : null);

/** Sequences of mails and waits, from the draft to the last mail. */
@Serves(campaignsApi)
export class CampaignsService implements CampaignsApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(Cursors) private readonly cursors: Cursors,
    @Inject(LaunchChecks) private readonly checks: LaunchChecks,
    @Inject(Schedule) private readonly schedule: Schedule,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  create(ctx: Ctx, { startsAt, endsAt, ...input }: CreateCampaign): Promise<Campaign> {
    const dates = { startsAt: toDate(startsAt), endsAt: toDate(endsAt) };
    this.requireSensible(dates);
    return this.tenant.run(ctx, async (db) => {
      await requireAccount(db, input.emailAccountId);
      const { id } = await db.insert(CampaignEntity, {
        ...input,
        ...dates,
        createdByUserId: ctx.userId,
        updatedByUserId: ctx.userId,
      });
      return view(db, await require(db, id));
    });
  }

  get(ctx: Ctx, { campaignId }: CampaignRef): Promise<Campaign> {
    return this.tenant.run(ctx, async (db) => view(db, await require(db, campaignId)));
  }

  async list(ctx: Ctx, input: ListCampaigns): Promise<Page<CampaignSummary>> {
    const { after, limit } = this.cursors.read(ctx, LIST, input);
    const { status } = input;
    const rows = await this.tenant.run(ctx, (db) =>
      db.manager.find(CampaignEntity, {
        where: {
          tenantId: ctx.tenantId,
          isDeleted: false,
          ...(status ? { status } : {}),
          ...(after ? { id: LessThan(String(after[0])) } : {}),
        },
        order: { id: 'DESC' },
        take: limit + 1,
      }),
    );
    return this.cursors.page(ctx, LIST, input, rows, (row) => [row.id], toSummary);
  }

  update(ctx: Ctx, { campaignId, startsAt, endsAt, ...input }: UpdateCampaign): Promise<Campaign> {
    return this.tenant.run(ctx, async (db) => {
      const campaign = await require(db, campaignId, true);
      const fixed = input.emailAccountId !== undefined || startsAt !== undefined;
      if (fixed && campaign.status !== 'draft') throw campaignErrors.not_draft();
      const dates = {
        startsAt: startsAt === undefined ? campaign.startsAt : toDate(startsAt),
        endsAt: endsAt === undefined ? campaign.endsAt : toDate(endsAt),
      };
      if (startsAt !== undefined || endsAt !== undefined) this.requireSensible(dates);
      await requireAccount(db, input.emailAccountId);
      await db.update(CampaignEntity, campaign.id, { ...input, ...dates, updatedByUserId: ctx.userId });
      if (campaign.status === 'active') await this.schedule.wake(db, this.clock.now());
      return view(db, await require(db, campaign.id));
    });
  }

  async remove(ctx: Ctx, { campaignId }: CampaignRef): Promise<void> {
    await this.tenant.run(ctx, async (db) => {
      const campaign = await require(db, campaignId, true);
      if (campaign.status === 'active')
        throw campaignErrors.wrong_status({ extras: { status: campaign.status } });
      // Whoever is enrolled is stopped afterwards, in batches: all at once is more than a transaction should hold.
      const changes = { isDeleted: true, isStopping: true, updatedByUserId: ctx.userId };
      await db.update(CampaignEntity, campaign.id, changes);
      await this.schedule.wake(db, this.clock.now());
    });
  }

  async replaceSteps(ctx: Ctx, { campaignId, steps }: ReplaceCampaignSteps): Promise<Campaign> {
    const problems = stepProblems(steps);
    if (problems.length > 0) throw requestErrors.invalid({ errors: problems });
    return this.tenant.run(ctx, async (db) => {
      const campaign = await require(db, campaignId, true);
      if (campaign.status !== 'draft') throw campaignErrors.not_draft();
      await requireTexts(db, steps);
      await db.execute('DELETE FROM campaign_steps WHERE tenant_id = $1 AND campaign_id = $2', [
        ctx.tenantId,
        campaign.id,
      ]);
      await db.execute(INSERT_STEPS, [
        ...[ctx.tenantId, campaign.id],
        steps.map(() => newId()),
        steps.map((step) => step.type),
        steps.map((_, i) => i + 1),
        steps.map((step) => step.title ?? null),
        steps.map((step) => step.description ?? null),
        steps.map((step) => JSON.stringify(configOf(step))),
      ]);
      await db.update(CampaignEntity, campaign.id, { updatedByUserId: ctx.userId });
      return view(db, await require(db, campaign.id));
    });
  }

  check(ctx: Ctx, { campaignId }: CampaignRef): Promise<LaunchCheck> {
    return this.tenant.run(ctx, async (db) => this.checks.check(db, await require(db, campaignId)));
  }

  launch(ctx: Ctx, { campaignId }: CampaignRef): Promise<Campaign> {
    return this.tenant.run(ctx, async (db) => {
      const campaign = await require(db, campaignId, true);
      if (campaign.status !== 'draft')
        throw campaignErrors.wrong_status({ extras: { status: campaign.status } });
      const check = await this.checks.check(db, campaign);
      if (!check.ready) throw campaignErrors.not_ready({ extras: { blockers: check.blockers } });
      const now = this.clock.now();
      const first = nextStop(
        await db.query<StepRow>(STEPS_OF, [ctx.tenantId, campaign.id]),
        0,
        later(now, campaign.startsAt),
      );
      assert(first.at, 'a campaign without an e-mail step is not ready');
      await db.update(CampaignEntity, campaign.id, {
        ...{
          status: 'active' as const,
          launchedAt: now,
          launchedByUserId: ctx.userId,
          updatedByUserId: ctx.userId,
        },
      });
      const enrolled = await db.execute(START_ENROLMENTS, [ctx.tenantId, campaign.id, first.order, first.at]);
      db.emit(CampaignLaunched, campaign.id, { name: campaign.name, enrolled });
      await this.schedule.wake(db, first.at);
      return view(db, await require(db, campaign.id));
    });
  }

  pause(ctx: Ctx, { campaignId }: CampaignRef): Promise<Campaign> {
    return this.tenant.run(ctx, async (db) => {
      const campaign = await require(db, campaignId, true);
      const { status, pauseReason } = campaign;
      // A person's pause outranks ours: what stopped for lack of money must not start by itself then.
      const forFunds = status === 'paused' && pauseReason !== 'user';
      if (status !== 'active' && !forFunds) throw campaignErrors.wrong_status({ extras: { status } });
      await db.update(CampaignEntity, campaign.id, {
        status: 'paused',
        pauseReason: 'user',
        updatedByUserId: ctx.userId,
      });
      if (status === 'active') db.emit(CampaignPaused, campaign.id, { name: campaign.name, reason: 'user' });
      return view(db, await require(db, campaign.id));
    });
  }

  resume(ctx: Ctx, { campaignId }: CampaignRef): Promise<Campaign> {
    return this.tenant.run(ctx, async (db) => {
      const campaign = await require(db, campaignId, true);
      if (campaign.status !== 'paused')
        throw campaignErrors.wrong_status({ extras: { status: campaign.status } });
      const over = overdue(campaign, this.clock.now());
      if (over) throw campaignErrors.not_ready({ extras: { blockers: [over] } });
      const [funds] = await db.query<{ exhausted: boolean }>(FUNDS_EXHAUSTED, [ctx.tenantId]);
      if (funds?.exhausted) throw campaignErrors.insufficient_funds();
      await db.update(CampaignEntity, campaign.id, {
        status: 'active',
        pauseReason: null,
        updatedByUserId: ctx.userId,
      });
      db.emit(CampaignResumed, campaign.id, { name: campaign.name, reason: 'user' });
      await this.schedule.wake(db, this.clock.now());
      return view(db, await require(db, campaign.id));
    });
  }

  async stats(ctx: Ctx, { campaignId }: CampaignRef): Promise<CampaignStats> {
    return this.tenant.run(ctx, async (db) => {
      await require(db, campaignId);
      const [stats] = await db.query<StatsRow>(CAMPAIGN_STATS, [ctx.tenantId, campaignId]);
      assert(stats, 'counts always have a row');
      return stats;
    });
  }

  private requireSensible({ startsAt, endsAt }: { startsAt: Date | null; endsAt: Date | null }): void {
    if (endsAt && (endsAt <= this.clock.now() || (startsAt && endsAt <= startsAt)))
      throw campaignErrors.invalid_dates();
  }
}

const later = (a: Date, b: Date | null) => (b && b > a ? b : a);

async function require(db: TenantDb, id: string, lock = false): Promise<CampaignEntity> {
  const campaign = await db.require(CampaignEntity, id, () => campaignErrors.not_found(), lock);
  if (campaign.isDeleted) throw campaignErrors.not_found();
  return campaign;
}

async function view(db: TenantDb, campaign: CampaignEntity): Promise<Campaign> {
  return toCampaign(campaign, await db.query<StepRow>(STEPS_OF, [db.tenantId, campaign.id]));
}

async function requireAccount(db: TenantDb, id: string | null | undefined): Promise<void> {
  if (id && !(await db.find(EmailAccountEntity, { id, isDeleted: false })))
    throw emailAccountErrors.not_found();
}

/** @throws AppError `request.invalid` for a template that is not there or a text that is not valid */
async function requireTexts(db: TenantDb, steps: ReplaceCampaignSteps['steps']): Promise<void> {
  const ids = steps.flatMap(({ templateId }) => templateId ?? []);
  const known = new Set(
    (await db.query<{ id: string }>(KNOWN_TEMPLATES, [db.tenantId, ids])).map(({ id }) => id),
  );
  const errors: InputError[] = [];
  steps.forEach(({ type, templateId, subject, body }, i) => {
    if (type !== 'email') return;
    if (templateId && !known.has(templateId)) {
      errors.push({ pointer: `/steps/${i}/templateId`, code: 'template', detail: 'is no template of yours' });
    }
    const { problems } = checkTemplate({ subject: subject ?? '', body: body ?? '' });
    for (const { field, code, detail } of problems)
      errors.push({ pointer: `/steps/${i}/${field}`, code, detail });
  });
  if (errors.length > 0) throw requestErrors.invalid({ errors });
}
