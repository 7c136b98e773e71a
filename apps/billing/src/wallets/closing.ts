import type { TenantDb } from '@leadwire/persistence';

const CLOSE_WALLETS = `
  UPDATE billing_wallets
  SET status = 'closed', frozen_at = NULL, frozen_reason = NULL, frozen_cause = NULL, frozen_from = NULL, metadata = '{}'
  WHERE tenant_id = $1 AND (status <> 'closed' OR metadata <> '{}')`;

/** Ends the wallets of a tenant for good: nothing is paid in or out any more, and usage is not recorded. */
export async function closeWallets(db: TenantDb): Promise<void> {
  await db.execute(CLOSE_WALLETS, [db.tenantId]);
}
