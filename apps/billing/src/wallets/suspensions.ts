import type { TenantDb } from '@leadwire/persistence';
import { REMINDED_IN_VAIN } from '../invoices/invoices.queries.js';

/** Why a wallet may not spend for now; what comes in is taken all the same. */
export type SuspensionReason = 'dispute';

const ADD = `
  INSERT INTO wallet_suspensions (tenant_id, wallet_id, reason) VALUES ($1, $2, $3)
  ON CONFLICT DO NOTHING`;
const LIFT = `DELETE FROM wallet_suspensions WHERE tenant_id = $1 AND wallet_id = $2 AND reason = $3`;
// A frozen wallet is what it would be once it thaws; a closed one stays closed. With an invoice that suspends it, whoever collects
// that decides when the wallet opens.
const SETTLE = `
  UPDATE billing_wallets w
  SET status = CASE w.status WHEN 'frozen' THEN w.status ELSE wanted.status END,
      frozen_from = CASE w.status WHEN 'frozen' THEN wanted.status END
  FROM (
    SELECT CASE WHEN EXISTS (SELECT FROM wallet_suspensions WHERE tenant_id = $1 AND wallet_id = $2)
               OR EXISTS (${REMINDED_IN_VAIN})
             THEN 'suspended' ELSE 'active' END AS status
  ) wanted
  WHERE w.tenant_id = $1 AND w.id = $2
    AND (w.status IN ('active', 'suspended') AND w.status <> wanted.status
      OR w.status = 'frozen' AND w.frozen_from IS DISTINCT FROM wanted.status)`;

/**
 * Suspends a wallet for a reason, or lifts that reason: it spends again when no other is left. Call it while holding the wallet's
 * lock.
 * @returns whether the wallet is now another than before
 */
export async function setSuspended(
  db: TenantDb,
  walletId: string,
  reason: SuspensionReason,
  suspended: boolean,
): Promise<boolean> {
  const changed = await db.execute(suspended ? ADD : LIFT, [db.tenantId, walletId, reason]);
  return changed > 0 && (await db.execute(SETTLE, [db.tenantId, walletId])) > 0;
}
