import { Inject, Injectable } from '@nestjs/common';
import {
  leadSelectionApi,
  type LeadSelectionApi,
  type LeadSnapshot,
  type Page,
  type SelectedLead,
} from '@leadwire/contracts';
import { Clock, type Ctx } from '@leadwire/kernel';
import { Client } from '@leadwire/messaging';
import { TenantTransaction, type TenantDb } from '@leadwire/persistence';
import { Schedule } from '../sending/schedule.js';
import { announceEnded, type EndedRow } from './ended.js';
import { REFRESH_SNAPSHOTS, STOP_LEADS } from './enrolments.queries.js';

/** What is known of a lead, and since which of its versions. */
export type LeadFact = { leadId: string; version: number } & LeadSnapshot;

/** What enrolments know of their leads, brought up to date. */
@Injectable()
export class EnrolledLeads {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Client(leadSelectionApi) private readonly leads: LeadSelectionApi,
    @Inject(Schedule) private readonly schedule: Schedule,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** Newer facts over older ones, in whatever order they come. */
  async refresh(db: TenantDb, facts: LeadFact[]): Promise<void> {
    if (facts.length > 0) await db.execute(REFRESH_SNAPSHOTS, [db.tenantId, JSON.stringify(facts)]);
  }

  /** Ends the enrolments of leads that nobody may contact any more, in all campaigns. */
  async stop(db: TenantDb, leadIds: string[], reason: string, outcome?: string): Promise<void> {
    if (leadIds.length === 0) return;
    const rows = await db.query<EndedRow>(STOP_LEADS, [db.tenantId, leadIds, reason]);
    announceEnded(db, rows, outcome);
    // Their campaigns may have nobody left.
    if (rows.length > 0) await this.schedule.wake(db, this.clock.now());
  }

  /** What leads says of these right now, page by page; nothing of those who are deleted or archived. */
  async *factsOf(ctx: Ctx, leadIds: string[]): AsyncGenerator<LeadFact[]> {
    let cursor: string | null = null;
    do {
      const page: Page<SelectedLead> = await this.leads.resolve(ctx, {
        leadIds,
        ...(cursor ? { cursor } : {}),
      });
      yield page.items.map(({ leadId, version, lead }) => ({ ...lead, leadId, version }));
      cursor = page.next;
    } while (cursor);
  }

  /**
   * Reads leads again that have just been enrolled: what happened to them since they were read was told while there was no enrolment
   * here to hear of it.
   */
  async catchUp(ctx: Ctx, enrolled: readonly SelectedLead[]): Promise<void> {
    const missing = new Map(enrolled.map(({ leadId, version }) => [leadId, version]));
    const newer: LeadFact[] = [];
    for await (const facts of this.factsOf(ctx, [...missing.keys()])) {
      newer.push(...facts.filter(({ leadId, version }) => version > (missing.get(leadId) ?? 0)));
      for (const { leadId } of facts) missing.delete(leadId);
    }
    if (newer.length === 0 && missing.size === 0) return;
    await this.tenant.run(ctx, async (db) => {
      await this.refresh(db, newer);
      await this.stop(db, [...missing.keys()], 'The lead was deleted or archived.');
    });
  }
}
