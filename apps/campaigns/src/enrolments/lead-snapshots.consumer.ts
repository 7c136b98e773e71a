import { Inject } from '@nestjs/common';
import {
  ImportBatchStored,
  LeadDeleted,
  leadSelectionApi,
  LeadUpdated,
  type EventOf,
  type LeadSelectionApi,
  type LeadSnapshot,
} from '@leadwire/contracts';
import { Clock, systemCtx } from '@leadwire/kernel';
import { Client, Consumes, On } from '@leadwire/messaging';
import type { TenantDb } from '@leadwire/persistence';
import { Schedule } from '../sending/schedule.js';
import { announceEnded, type EndedRow } from './ended.js';
import { ENROLLED_AMONG, REFRESH_SNAPSHOTS, STOP_LEADS } from './enrolments.queries.js';

type Fact = { leadId: string; version: number } & LeadSnapshot;

/** Keeps what enrolments know of their leads current, and lets nobody be mailed who is deleted or archived. */
@Consumes('campaigns__leads')
export class LeadSnapshotsConsumer {
  constructor(
    @Client(leadSelectionApi) private readonly leads: LeadSelectionApi,
    @Inject(Schedule) private readonly schedule: Schedule,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  @On(LeadUpdated, { batch: 200 })
  async updated(events: EventOf<typeof LeadUpdated>[], db: TenantDb): Promise<void> {
    const latest = new Map<string, EventOf<typeof LeadUpdated>>();
    for (const event of events) {
      if (event.aggregateVersion >= (latest.get(event.aggregateId)?.aggregateVersion ?? 0))
        latest.set(event.aggregateId, event);
    }
    await refresh(
      db,
      [...latest.values()].map(({ aggregateId, aggregateVersion, data }) => ({
        ...snapshotOf(data),
        leadId: aggregateId,
        version: aggregateVersion,
      })),
    );
    const archived = [...latest.values()]
      .filter(({ data }) => data.isArchived)
      .map(({ aggregateId }) => aggregateId);
    await this.stop(db, archived, 'The lead was archived.');
  }

  @On(LeadDeleted, { batch: 200 })
  async deleted(events: EventOf<typeof LeadDeleted>[], db: TenantDb): Promise<void> {
    await this.stop(
      db,
      events.map(({ aggregateId }) => aggregateId),
      'The lead was deleted.',
      'lead-deleted',
    );
  }

  /** An import says only which leads it touched, so those that are enrolled are asked for. */
  @On(ImportBatchStored)
  async imported({ tenantId, data }: EventOf<typeof ImportBatchStored>, db: TenantDb): Promise<void> {
    if (data.updatedLeadIds.length === 0) return;
    const rows = await db.query<{ id: string }>(ENROLLED_AMONG, [tenantId, data.updatedLeadIds]);
    if (rows.length === 0) return;
    const leadIds = rows.map(({ id }) => id);
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<LeadSelectionApi['resolve']>> = await this.leads.resolve(
        systemCtx(tenantId),
        { leadIds, ...(cursor ? { cursor } : {}) },
      );
      await refresh(
        db,
        page.items.map(({ leadId, version, lead }) => ({ ...lead, leadId, version })),
      );
      cursor = page.next;
    } while (cursor);
  }

  private async stop(db: TenantDb, leadIds: string[], reason: string, outcome?: string): Promise<void> {
    if (leadIds.length === 0) return;
    const rows = await db.query<EndedRow>(STOP_LEADS, [db.tenantId, leadIds, reason]);
    announceEnded(db, rows, outcome);
    // Their campaigns may have nobody left.
    if (rows.length > 0) await this.schedule.wake(db, this.clock.now());
  }
}

async function refresh(db: TenantDb, facts: Fact[]): Promise<void> {
  if (facts.length > 0) await db.execute(REFRESH_SNAPSHOTS, [db.tenantId, JSON.stringify(facts)]);
}

function snapshotOf({
  firstName,
  lastName,
  email,
  phone,
  companyName,
  title,
  linkedinUrl,
  customFields,
}: LeadSnapshot): LeadSnapshot {
  return { firstName, lastName, email, phone, companyName, title, linkedinUrl, customFields };
}
