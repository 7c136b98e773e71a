import { Inject } from '@nestjs/common';
import {
  ImportBatchStored,
  LeadDeleted,
  LeadUpdated,
  type EventOf,
  type LeadSnapshot,
} from '@leadwire/contracts';
import { systemCtx } from '@leadwire/kernel';
import { Consumes, On } from '@leadwire/messaging';
import type { TenantDb } from '@leadwire/persistence';
import { EnrolledLeads } from './enrolled-leads.js';
import { ENROLLED_AMONG } from './enrolments.queries.js';

/** Keeps what enrolments know of their leads current, and lets nobody be mailed who is deleted or archived. */
@Consumes('campaigns__leads')
export class LeadSnapshotsConsumer {
  constructor(@Inject(EnrolledLeads) private readonly enrolled: EnrolledLeads) {}

  @On(LeadUpdated, { batch: 200 })
  async updated(events: EventOf<typeof LeadUpdated>[], db: TenantDb): Promise<void> {
    const latest = new Map<string, EventOf<typeof LeadUpdated>>();
    for (const event of events) {
      if (event.aggregateVersion >= (latest.get(event.aggregateId)?.aggregateVersion ?? 0))
        latest.set(event.aggregateId, event);
    }
    await this.enrolled.refresh(
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
    await this.enrolled.stop(db, archived, 'The lead was archived.');
  }

  @On(LeadDeleted, { batch: 200 })
  async deleted(events: EventOf<typeof LeadDeleted>[], db: TenantDb): Promise<void> {
    await this.enrolled.stop(
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
    for await (const facts of this.enrolled.factsOf(systemCtx(tenantId), leadIds))
      await this.enrolled.refresh(db, facts);
  }
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
