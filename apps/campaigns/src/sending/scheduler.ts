import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { FeatureKey } from '@leadwire/contracts';
import { Entitlements } from '@leadwire/entitlements';
import { systemCtx } from '@leadwire/kernel';
import { TenantTransaction } from '@leadwire/persistence';
import { CONFIG, LOGGER, type Logger } from '@leadwire/platform';
import type { DataSource } from 'typeorm';
import type { CampaignsConfig } from '../campaigns.config.js';
import { CampaignEnds } from '../campaigns/campaign-ends.js';
import { RUNNABLE_CAMPAIGNS } from './claims.queries.js';
import { Claims } from './claims.js';
import { DueTenants } from './due-tenants.js';
import { Leases } from './leases.js';
import { MailSender } from './mail-sender.js';
import { Recovery } from './recovery.js';
import { roomOf } from './room.js';
import { Schedule } from './schedule.js';
import { LOCK_SCHEDULE, POSTPONE, RESCHEDULE, SWEEP_TENANTS } from './scheduler.queries.js';
import { pruneJournals } from './send-journal.js';

const POLL_MS = 250;
const SWEEP_EVERY_MS = 30_000;
const SWEEP_AGE_SECONDS = 30;
const SWEEP_TENANTS_MAX = 100;
const TENANTS_AT_ONCE_MAX = 4;
/** Mails of one campaign claimed in one transaction. */
const CLAIM_BATCH_MAX = 100;
const HOUSEKEEPING_EVERY_MS = 1_000;
const TENANTS_REMEMBERED_MAX = 10_000;
const STOP_DEADLINE_MS = 8_000;
const TROUBLE_PAUSE_MS = 1_000;
/** What sending needs, and how long a tenant without it waits before anybody looks again. */
const FEATURE: FeatureKey = 'email_campaigns';
const WITHOUT_FEATURE_SECONDS = 5;
const AFTER_TROUBLE_SECONDS = 5;

/**
 * Finds whose turn it is and lets the sender do it: tenants take turns, each gets one batch per campaign and turn. Any
 * number of replicas run it at once; they share the work by skipping each other's rows.
 */
@Injectable()
export class Scheduler implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private running: Promise<void> = Promise.resolve();
  private stopped = false;
  private wake: () => void = () => undefined;
  private nudged = false;
  private lastSweep = 0;
  private readonly kept = new Map<string, number>();

  constructor(
    @Inject(getDataSourceToken()) private readonly dataSource: DataSource,
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(DueTenants) private readonly due: DueTenants,
    @Inject(Claims) private readonly claims: Claims,
    @Inject(MailSender) private readonly sender: MailSender,
    @Inject(Leases) private readonly leases: Leases,
    @Inject(Recovery) private readonly recovery: Recovery,
    @Inject(CampaignEnds) private readonly ends: CampaignEnds,
    @Inject(Schedule) private readonly schedule: Schedule,
    @Inject(Entitlements) private readonly entitlements: Entitlements,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(CONFIG) private readonly config: CampaignsConfig,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await pruneJournals(this.config.SEND_JOURNAL_DIR);
    this.schedule.onNudge(() => this.nudge());
    this.leases.start();
    this.running = this.loop();
  }

  /** Before the database goes: what is under way ends, and its outcome is written. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    this.nudge();
    await this.running;
    await this.sender.stop(STOP_DEADLINE_MS);
    this.leases.stop();
  }

  private async loop(): Promise<void> {
    while (!this.stopped) {
      this.nudged = false;
      try {
        if (!(await this.cycle())) await this.rest(POLL_MS);
      } catch (error) {
        this.logger.warn({ err: error }, 'the scheduler could not look for work');
        await this.rest(TROUBLE_PAUSE_MS);
      }
    }
  }

  /** A turn for each of a page of tenants that have something due; false when nothing could be done and nobody is left. */
  private async cycle(): Promise<boolean> {
    if (Date.now() - this.lastSweep > SWEEP_EVERY_MS) {
      this.lastSweep = Date.now();
      await this.dataSource.query(SWEEP_TENANTS, [SWEEP_AGE_SECONDS, SWEEP_TENANTS_MAX]);
    }
    const due = await this.due.next();
    let claimed = 0;
    const visitNext = async () => {
      for (let next = due.shift(); next && !this.stopped; next = due.shift())
        claimed += await this.visit(next);
    };
    await Promise.all(Array.from({ length: TENANTS_AT_ONCE_MAX }, visitNext));
    return claimed > 0 || this.due.more;
  }

  /** Does what is due for one tenant; a failure is that tenant's alone. Returns how many enrolments were acted on. */
  private async visit(tenantId: string): Promise<number> {
    try {
      let acted = await this.housekeeping(tenantId);
      if (!(await this.maySend(tenantId))) {
        await this.postpone(tenantId, WITHOUT_FEATURE_SECONDS);
        return acted;
      }
      let full = false;
      const campaigns = await this.tenant.read<{ id: string; accountId: string }>(
        systemCtx(tenantId),
        RUNNABLE_CAMPAIGNS,
        [tenantId],
        'runnable',
      );
      for (const { id, accountId } of campaigns) {
        const underWay = this.leases.underWay(tenantId, accountId);
        const room = roomOf(underWay);
        // Small claims cost a transaction each: who has mails under way waits until a good part of them has left.
        if (room < (underWay.ofTenant > 0 ? CLAIM_BATCH_MAX / 2 : 1)) full = true;
        else acted += await this.claim(tenantId, id, accountId, Math.min(room, CLAIM_BATCH_MAX));
      }
      // While there is more to do the tenant simply stays due.
      if (acted > 0 || full) return acted;
      await this.ends.completeFinished(tenantId);
      await this.reschedule(tenantId);
      return 0;
    } catch (error) {
      this.logger.warn({ err: error, tenantId }, 'a tenant could not be served');
      // Without the database it stays due, and nobody is served anyway.
      await this.postpone(tenantId, AFTER_TROUBLE_SECONDS).catch(() => undefined);
      return 0;
    }
  }

  // Not at each of the many visits that a busy tenant gets per second.
  private async housekeeping(tenantId: string): Promise<number> {
    const now = performance.now();
    if (now - (this.kept.get(tenantId) ?? -Infinity) < HOUSEKEEPING_EVERY_MS) return 0;
    if (this.kept.size >= TENANTS_REMEMBERED_MAX) this.kept.clear();
    this.kept.set(tenantId, now);
    await this.ends.endOverdue(tenantId);
    await this.ends.stopRemoved(tenantId);
    return this.recovery.recover(tenantId);
  }

  // A team that is suspended, or without campaigns, keeps them as they are: they go on by themselves when it has them again.
  private async maySend(tenantId: string): Promise<boolean> {
    try {
      return await this.entitlements.hasFeature(tenantId, FEATURE);
    } catch (error) {
      this.logger.warn({ err: error, tenantId }, 'nobody says whether a tenant may send; it waits');
      return false;
    }
  }

  private async postpone(tenantId: string, seconds: number): Promise<void> {
    await this.tenant.run(systemCtx(tenantId), (db) => db.execute(POSTPONE, [tenantId, seconds]));
  }

  private async claim(
    tenantId: string,
    campaignId: string,
    accountId: string,
    limit: number,
  ): Promise<number> {
    if (this.stopped) return 0;
    const claim = await this.claims.take(tenantId, campaignId, accountId, limit, this.sender.journal());
    if (claim) this.sender.submit(claim.server, claim.mails);
    return claim?.due ?? 0;
  }

  private async reschedule(tenantId: string): Promise<void> {
    await this.tenant.run(systemCtx(tenantId), async (db) => {
      await db.execute(LOCK_SCHEDULE, [tenantId]);
      await db.execute(RESCHEDULE, [tenantId]);
    });
  }

  private nudge(): void {
    this.nudged = true;
    this.wake();
  }

  private async rest(ms: number): Promise<void> {
    if (this.nudged || this.stopped) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      timer = setTimeout(resolve, ms);
    });
    clearTimeout(timer);
    this.wake = () => undefined;
  }
}
