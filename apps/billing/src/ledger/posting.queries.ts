/**
 * Takes the tenant's wallet for the rest of the transaction. It is a statement of its own on purpose: under READ COMMITTED the
 * next one gets a fresh snapshot, and so sees what the holder before us committed.
 */
export const LOCK_WALLET = `
  SELECT id, status, currency, current_balance AS balance, reserved_balance AS reserved, low_balance_threshold AS threshold,
         low_balance_notified_at IS NOT NULL AS "lowNotified", exhausted_at IS NOT NULL AS exhausted,
         event_version AS "eventVersion", auto_top_up_below AS "autoTopUpBelow"
  FROM billing_wallets
  WHERE tenant_id = $1
    AND user_id IS NULL
  FOR UPDATE`;

/** Decides and posts a batch; see the migration that makes `post_batch`. */
export const POST_BATCH = `SELECT post_batch($1, $2, $3, $4, $5, $6, $7) AS batch`;

export const CREATE_WALLET = `
  INSERT INTO billing_wallets (id, tenant_id, currency, low_balance_threshold)
  VALUES ($1, $2, $3, $4)
  ON CONFLICT ON CONSTRAINT billing_wallets_one_each DO NOTHING`;

export const SAVE_MARKS = `
  UPDATE billing_wallets
  SET exhausted_at = CASE WHEN $3 THEN coalesce(exhausted_at, $6) END,
      low_balance_notified_at = CASE WHEN $4 THEN coalesce(low_balance_notified_at, $6) END,
      event_version = $5
  WHERE tenant_id = $1 AND id = $2`;

/** Who is posting at this moment ends what is due anyway. */
export const EXPIRING_WALLETS = `
  SELECT tenant_id AS "tenantId"
  FROM wallet_upkeep
  WHERE expires_next <= $1
  ORDER BY expires_next
  LIMIT $2
  FOR UPDATE SKIP LOCKED`;

export const POSTPONE_EXPIRY = `
  UPDATE wallet_upkeep
  SET expires_next = $2
  WHERE tenant_id = $1
    AND expires_next < $2`;
