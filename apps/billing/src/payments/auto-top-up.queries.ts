export type AutoTopUpRow = {
  enabled: boolean;
  threshold: string;
  amount: string;
  monthlyCap: string;
  methodId: string | null;
  /** The card that is charged now: the one that was named, else the default. */
  providerMethodId: string | null;
  declines: number;
  nextAttemptAt: Date | null;
  lastFailure: string | null;
};

export const GET_AUTO_TOP_UP = `
  SELECT a.enabled, a.threshold, a.amount, a.monthly_cap AS "monthlyCap", a.payment_method_id AS "methodId",
         (SELECT m.provider_id FROM billing_payment_methods m
          WHERE m.tenant_id = a.tenant_id
            AND (m.id = a.payment_method_id OR (a.payment_method_id IS NULL AND m.is_default))) AS "providerMethodId",
         a.declines, a.next_attempt_at AS "nextAttemptAt", a.last_failure AS "lastFailure"
  FROM billing_auto_top_ups a
  WHERE a.tenant_id = $1`;

export const SET_AUTO_TOP_UP = `
  INSERT INTO billing_auto_top_ups (tenant_id, enabled, threshold, amount, monthly_cap, payment_method_id, updated_by)
  VALUES ($1, $2, $3, $4, $5, $6, $7)
  ON CONFLICT (tenant_id) DO UPDATE
  SET enabled = excluded.enabled, threshold = excluded.threshold, amount = excluded.amount,
      monthly_cap = excluded.monthly_cap, payment_method_id = excluded.payment_method_id, updated_by = excluded.updated_by,
      declines = 0, declined_at = NULL, next_attempt_at = NULL, last_failure = NULL`;

export const NOTE_DECLINE = `
  UPDATE billing_auto_top_ups
  SET declines = $2, declined_at = $3, next_attempt_at = $4, last_failure = $5, enabled = enabled AND $4::timestamptz IS NOT NULL
  WHERE tenant_id = $1`;

export const NOTE_FAILURE = `UPDATE billing_auto_top_ups SET last_failure = $2 WHERE tenant_id = $1`;

export const NOTE_SUCCESS = `
  UPDATE billing_auto_top_ups
  SET declines = 0, declined_at = NULL, next_attempt_at = NULL, last_failure = NULL
  WHERE tenant_id = $1`;

export const SWITCH_OFF = `
  UPDATE billing_auto_top_ups
  SET enabled = false, next_attempt_at = NULL, last_failure = $2
  WHERE tenant_id = $1 AND enabled`;

/** Read by whoever posts, with the wallet's lock. */
export const WATCH_BALANCE = `
  UPDATE billing_wallets SET auto_top_up_below = $2
  WHERE tenant_id = $1 AND user_id IS NULL AND auto_top_up_below IS DISTINCT FROM $2`;

/** What was added by itself since a moment, or may still be. */
export const USED_SINCE = `
  SELECT coalesce(sum(amount), 0)::numeric(20,6) AS used
  FROM billing_top_ups
  WHERE tenant_id = $1
    AND origin = 'automatic'
    AND created_at >= $2
    AND status NOT IN ('failed', 'expired', 'canceled')`;

export const OPEN_AUTOMATIC = `
  SELECT id
  FROM billing_top_ups
  WHERE tenant_id = $1
    AND origin = 'automatic'
    AND status IN ('created', 'pending')`;

/** A row says that the tenant is not active; news of it wait until the reader has decided, and find what it left behind. */
export const NOT_ACTIVE = `SELECT FROM tenant_standing WHERE tenant_id = $1 AND NOT active FOR SHARE`;

/** Takes due tenants for a while; whoever dies with them leaves them to others then. */
export const CLAIM_AUTO_TOP_UPS = `
  UPDATE auto_top_up_queue q
  SET due_at = $2
  FROM (
    SELECT tenant_id FROM auto_top_up_queue WHERE due_at <= $1 ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED
  ) due
  WHERE q.tenant_id = due.tenant_id
  RETURNING q.tenant_id AS "tenantId"`;
