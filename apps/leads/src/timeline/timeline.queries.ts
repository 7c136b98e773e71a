import type { TimelineKind } from '@leadwire/contracts';
import { newId } from '@leadwire/kernel';
import type { TenantDb } from '@leadwire/persistence';
import type { LeadRow } from '../pipeline/lead-row.js';

export type TimelineFact = { kind: TimelineKind; data: Record<string, unknown> };
/** A fact of another service, about one lead. */
export type LeadFact = {
  eventId: string;
  leadId: string;
  occurredAt: string;
  userId: string | null;
  data: Record<string, unknown>;
};

/** Writes what somebody did to a lead, in the transaction that does it. */
export async function recordEntries(
  db: TenantDb,
  leadId: string,
  occurredAt: Date,
  facts: TimelineFact[],
): Promise<void> {
  if (facts.length === 0) return;
  await db.execute(
    `INSERT INTO lead_timeline (id, tenant_id, lead_id, occurred_at, kind, user_id, data)
     SELECT f.id, $1, $2, $3, f.kind, $4, f.data::jsonb
     FROM unnest($5::uuid[], $6::text[], $7::text[]) AS f (id, kind, data)`,
    [
      db.tenantId,
      leadId,
      occurredAt,
      db.ctx.userId,
      facts.map(() => newId()),
      facts.map(({ kind }) => kind),
      facts.map(({ data }) => JSON.stringify(data)),
    ],
  );
}

/** Which of a lead's changes its timeline shows. */
export function changesOfLead(before: LeadRow, after: LeadRow): TimelineFact[] {
  const facts: TimelineFact[] = [];
  const moved = (kind: TimelineKind, from: unknown, to: unknown) => {
    if (from !== to) facts.push({ kind, data: { from, to } });
  };
  moved('stage-changed', before.stage, after.stage);
  moved('status-changed', before.status, after.status);
  moved('assigned', before.assignedUserId, after.assignedUserId);
  if (before.isArchived !== after.isArchived)
    facts.push({ kind: after.isArchived ? 'archived' : 'unarchived', data: {} });
  return facts;
}

// Facts about leads that this service never had are passed over; nothing a retry could mend.
const RECORD_FACTS = `
  INSERT INTO lead_timeline (id, tenant_id, lead_id, occurred_at, kind, event_id, user_id, data)
  SELECT f.id, $1, f.lead_id, f.occurred_at, $2, f.event_id, f.user_id, f.data::jsonb
  FROM unnest($3::uuid[], $4::uuid[], $5::timestamptz[], $6::uuid[], $7::uuid[], $8::text[])
    AS f (id, lead_id, occurred_at, event_id, user_id, data)
  JOIN leads l ON l.tenant_id = $1 AND l.id = f.lead_id
  ON CONFLICT (tenant_id, event_id) DO NOTHING`;

const MOVE_LAST_ACTIVITY = `
  UPDATE leads l
  SET last_activity_at = f.occurred_at
  FROM (
    SELECT lead_id, max(occurred_at) AS occurred_at
    FROM unnest($2::uuid[], $3::timestamptz[]) AS f (lead_id, occurred_at)
    GROUP BY lead_id
  ) f
  WHERE l.tenant_id = $1
    AND l.id = f.lead_id
    AND NOT l.is_deleted
    AND (l.last_activity_at IS NULL OR l.last_activity_at < f.occurred_at)`;

/** Writes facts of other services, each once, and moves the leads' last activity forward, never back. */
export async function recordFacts(db: TenantDb, kind: TimelineKind, facts: LeadFact[]): Promise<void> {
  const leadIds = facts.map(({ leadId }) => leadId);
  const moments = facts.map(({ occurredAt }) => occurredAt);
  await Promise.all([
    db.execute(RECORD_FACTS, [
      db.tenantId,
      kind,
      facts.map(() => newId()),
      leadIds,
      moments,
      facts.map(({ eventId }) => eventId),
      facts.map(({ userId }) => userId),
      facts.map(({ data }) => JSON.stringify(data)),
    ]),
    db.execute(MOVE_LAST_ACTIVITY, [db.tenantId, leadIds, moments]),
  ]);
}

/**
 * The timeline of lead $2, newest first, after the position ($4, $5) if given. That a lead was created stands on the lead
 * itself: a million imported leads need no million entries.
 */
export function timelinePage(after: boolean): string {
  const position = after ? 'AND (occurred_at, id) < ($4::timestamptz, $5::uuid)' : '';
  return `
  SELECT id, kind, occurred_at AS "occurredAt", occurred_at::text AS position, user_id AS "userId", data
  FROM (
    SELECT id, kind, occurred_at, user_id, data
    FROM lead_timeline
    WHERE tenant_id = $1
      AND lead_id = $2
      AND EXISTS (SELECT FROM leads WHERE tenant_id = $1 AND id = $2 AND NOT is_deleted)
    UNION ALL
    SELECT id, 'created', created_at, created_by_user_id, jsonb_build_object('source', source, 'importId', import_id)
    FROM leads
    WHERE tenant_id = $1 AND id = $2 AND NOT is_deleted
  ) entries
  WHERE true ${position}
  ORDER BY occurred_at DESC, id DESC
  LIMIT $3`;
}
