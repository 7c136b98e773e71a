import type { TenantDb } from '@leadwire/persistence';
import { monthOf } from './calendar.js';

/** Tenants with a wallet that nobody looks after yet, `$1` at most. */
export const UNNOTICED_TENANTS = `
  SELECT DISTINCT k.tenant_id AS "tenantId"
  FROM wallet_upkeep k
  WHERE NOT EXISTS (SELECT FROM invoice_upkeep i WHERE i.tenant_id = k.tenant_id)
  LIMIT $1`;

export const DUE_FOR_INVOICES = `
  SELECT tenant_id AS "tenantId"
  FROM invoice_upkeep
  WHERE due_at <= $1 AND retry_at <= $1
  ORDER BY due_at
  LIMIT $2`;

export const POSTPONE_INVOICES = `UPDATE invoice_upkeep SET retry_at = $2 WHERE tenant_id = $1`;

// Begins with the month before `$2`, the start of this one; or with that of the first posting, when billing was away since then.
const ENSURE = `
  INSERT INTO invoice_upkeep (tenant_id, closes_at)
  SELECT $1, least($2::timestamptz, (
    SELECT (date_trunc('month', l.created_at AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC'
    FROM billing_wallets w
    JOIN billing_ledger_transactions l ON (l.tenant_id, l.wallet_id) = (w.tenant_id, w.id) AND l.wallet_seq = 1
    WHERE w.tenant_id = $1 AND w.user_id IS NULL))
  WHERE NOT EXISTS (SELECT FROM invoice_upkeep WHERE tenant_id = $1)
  ON CONFLICT (tenant_id) DO NOTHING`;
const LOCK = `SELECT closes_at AS "closesAt" FROM invoice_upkeep WHERE tenant_id = $1 FOR UPDATE`;
const CLOSE_NEXT_AT = `UPDATE invoice_upkeep SET closes_at = $2 WHERE tenant_id = $1`;
const PLAN = `
  UPDATE invoice_upkeep
  SET next_step_at = (SELECT min(next_step_at) FROM billing_invoices WHERE tenant_id = $1 AND status IN ('pending', 'overdue')),
      document_due_at = CASE WHEN
        EXISTS (SELECT FROM billing_invoices WHERE tenant_id = $1 AND document_key IS NULL AND finalised_at IS NOT NULL)
        OR EXISTS (SELECT FROM billing_credit_notes WHERE tenant_id = $1 AND document_key IS NULL)
        OR EXISTS (SELECT FROM billing_invoices WHERE tenant_id = $1 AND status = 'draft' AND kind = 'usage')
        THEN coalesce(document_due_at, $2) END
  WHERE tenant_id = $1`;

/** Takes the tenant's turn to make invoices until the transaction ends: two replicas never make one together. */
export async function takeTurn(db: TenantDb, now: Date): Promise<{ closesAt: Date | null }> {
  await db.execute(ENSURE, [db.tenantId, monthOf(now)]);
  const [row] = await db.query<{ closesAt: Date | null }>(LOCK, [db.tenantId]);
  return row ?? { closesAt: null };
}

/** Notes when the month that runs is to be closed; null when no more months are. */
export async function closeNextAt(db: TenantDb, moment: Date | null): Promise<void> {
  await db.execute(CLOSE_NEXT_AT, [db.tenantId, moment]);
}

/** Notes when somebody must next look at this tenant's invoices; call it after whatever changed one. */
export async function planNext(db: TenantDb, now: Date): Promise<void> {
  await db.execute(ENSURE, [db.tenantId, monthOf(now)]);
  await db.execute(PLAN, [db.tenantId, now]);
}
