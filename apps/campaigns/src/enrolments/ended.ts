import { EnrolmentEnded } from '@leadwire/contracts';
import type { TenantDb } from '@leadwire/persistence';

/** An enrolment that a statement has just ended; every such statement returns these columns. */
export type EndedRow = {
  id: string;
  campaignId: string;
  leadId: string;
  status: string;
  reason: string | null;
};

/** Announces enrolments that ended in this transaction. */
export function announceEnded(db: TenantDb, rows: readonly EndedRow[], outcome?: string): void {
  for (const { id, campaignId, leadId, status, reason } of rows) {
    db.emit(EnrolmentEnded, id, { campaignId, leadId, outcome: outcome ?? status, reason });
  }
}
