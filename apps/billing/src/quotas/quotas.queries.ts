import type { QuotaSetter } from '@leadwire/contracts';

export type QuotaRow = {
  id: string;
  feature: string;
  enabled: boolean;
  dailyQuota: string | null;
  monthlyQuota: string | null;
  allowOverages: boolean;
  overageRate: string | null;
  setAt: Date;
  setBy: QuotaSetter | null;
  reason: string | null;
  /** The day that `dayUsed` is of, `YYYY-MM-DD`; it may be over. */
  day: string;
  dayUsed: string;
  /** The first day of the month that `monthUsed` is of. */
  month: string;
  monthUsed: string;
};

/** Every entitlement of a tenant; `$2` is the most there are. */
export const QUOTAS = `
  SELECT e.id, e.feature_key AS feature, e.enabled, e.daily_quota AS "dailyQuota", e.monthly_quota AS "monthlyQuota",
         e.allow_overages AS "allowOverages", e.overage_rate AS "overageRate",
         e.updated_at AS "setAt", e.metadata ->> 'setBy' AS "setBy", e.metadata ->> 'reason' AS reason,
         n.day::text AS day, n.day_used AS "dayUsed", n.month::text AS month, n.month_used AS "monthUsed"
  FROM billing_feature_entitlements e
  JOIN billing_quota_counters n ON n.tenant_id = e.tenant_id AND n.feature_key = e.feature_key
  WHERE e.tenant_id = $1
  ORDER BY e.feature_key
  LIMIT $2`;

export const SET_ENTITLEMENT = `SELECT set_entitlement($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`;

export const HAS_WALLET = `SELECT 1 AS found FROM billing_wallets WHERE tenant_id = $1 AND user_id IS NULL`;

export const QUOTAS_DUE = `
  SELECT tenant_id AS "tenantId"
  FROM limit_upkeep
  WHERE quota_due <= $1
  ORDER BY quota_due
  LIMIT $2`;

export const SET_QUOTA_DUE = `UPDATE limit_upkeep SET quota_due = $2 WHERE tenant_id = $1`;
