import { Inject, Injectable } from '@nestjs/common';
import { CampaignCompleted } from '@leadwire/contracts';
import { systemCtx } from '@leadwire/kernel';
import { TenantTransaction, type TenantDb } from '@leadwire/persistence';
import { announceEnded, type EndedRow } from '../enrolments/ended.js';
import {
  COMPLETE_CAMPAIGN,
  FINISHED_CAMPAIGNS,
  HAS_ACTIVE,
  LOCK_ACTIVE,
  LOCK_STOPPING,
  OVERDUE_CAMPAIGNS,
  STOP_CAMPAIGN_LEADS,
  STOPPED_CAMPAIGN,
  STOPPING_CAMPAIGNS,
} from './campaigns.queries.js';

/** Enrolments stopped in one transaction, each with its event. */
const STOP_BATCH_MAX = 1_000;

/** How campaigns come to their end: everybody is through, or their time is over. */
@Injectable()
export class CampaignEnds {
  constructor(@Inject(TenantTransaction) private readonly tenant: TenantTransaction) {}

  /** Completes the tenant's running campaigns that have nobody under way any more. */
  async completeFinished(tenantId: string): Promise<void> {
    await this.each(tenantId, FINISHED_CAMPAIGNS, 'finished-campaigns', async (db, id) => {
      // Enrolling takes a share lock first: after this lock, nobody can be added unseen.
      const [campaign] = await db.query<{ name: string }>(LOCK_ACTIVE, [tenantId, id]);
      if (!campaign || (await db.query(HAS_ACTIVE, [tenantId, id])).length > 0) return;
      await db.execute(COMPLETE_CAMPAIGN, [tenantId, id]);
      db.emit(CampaignCompleted, id, { name: campaign.name });
    });
  }

  /** Stops everybody who is still under way in campaigns whose end has come. */
  async endOverdue(tenantId: string): Promise<void> {
    await this.each(tenantId, OVERDUE_CAMPAIGNS, 'overdue-campaigns', (db, id) =>
      this.stopBatch(db, id, 'The campaign is over.'),
    );
  }

  /** Stops everybody who is still enrolled in removed campaigns, a batch of each at a time. */
  async stopRemoved(tenantId: string): Promise<void> {
    await this.each(tenantId, STOPPING_CAMPAIGNS, 'stopping-campaigns', async (db, id) => {
      const [locked] = await db.query(LOCK_STOPPING, [tenantId, id]);
      if (!locked) return;
      const stopped = await this.stopBatch(db, id, 'The campaign was removed.');
      if (stopped === 0) await db.execute(STOPPED_CAMPAIGN, [tenantId, id]);
    });
  }

  /** Works on each campaign that a query finds, in a transaction of its own. */
  private async each(
    tenantId: string,
    sql: string,
    name: string,
    work: (db: TenantDb, campaignId: string) => Promise<unknown>,
  ): Promise<void> {
    const ctx = systemCtx(tenantId);
    for (const { id } of await this.tenant.read<{ id: string }>(ctx, sql, [tenantId], name))
      await this.tenant.run(ctx, (db) => work(db, id));
  }

  /** Stops up to a batch of the campaign's enrolments; returns how many. A mail that its server is taking still arrives. */
  private async stopBatch(db: TenantDb, campaignId: string, reason: string): Promise<number> {
    const rows = await db.query<EndedRow>(STOP_CAMPAIGN_LEADS, [
      db.tenantId,
      campaignId,
      reason,
      STOP_BATCH_MAX,
    ]);
    announceEnded(db, rows);
    return rows.length;
  }
}
