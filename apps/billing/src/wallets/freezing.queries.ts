export const FREEZE_WALLET = `
  UPDATE billing_wallets
  SET status = 'frozen', frozen_cause = $3, frozen_reason = $4, frozen_at = $5, frozen_from = status
  WHERE tenant_id = $1
    AND id = $2
    AND status IN ('active', 'suspended')`;

/** The sub-query sees the row before the change. */
export const UNFREEZE_WALLET = `
  UPDATE billing_wallets w
  SET status = coalesce(w.frozen_from, 'active'), frozen_cause = NULL, frozen_reason = NULL, frozen_at = NULL, frozen_from = NULL
  FROM (SELECT id, coalesce(frozen_cause, 'operator') AS cause FROM billing_wallets WHERE tenant_id = $1 AND id = $2) was
  WHERE w.tenant_id = $1
    AND w.id = was.id
    AND w.status = 'frozen'
  RETURNING was.cause`;
