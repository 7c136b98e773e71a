/** What must hold of quotas and allowances. Each query answers what those of `invariants.ts` answer, for the wallet `$1` or all. */
const TEAM_WALLET = `
  JOIN billing_wallets w ON w.tenant_id = x.tenant_id AND w.user_id IS NULL AND ($1::uuid IS NULL OR w.id = $1)`;

export const LIMIT_INVARIANTS = [
  {
    id: 'I18',
    says: 'what is counted of a feature is the usage and the reservations that were counted in its day and month',
    sql: `
      SELECT x.tenant_id, w.id AS wallet_id, x.feature_key AS row,
             x.day_used || ' / ' || x.month_used || ' instead of ' || u.day + r.day || ' / ' || u.month + r.month AS detail
      FROM billing_quota_counters x
      ${TEAM_WALLET}
      CROSS JOIN LATERAL (
        SELECT coalesce(sum(total_quantity) FILTER (WHERE (quota_at AT TIME ZONE 'UTC')::date = x.day), 0) AS day,
               coalesce(sum(total_quantity) FILTER (WHERE quota_at < next_month_start(x.month::timestamp AT TIME ZONE 'UTC')), 0) AS month
        FROM billing_usage_events
        WHERE tenant_id = x.tenant_id AND feature_key = x.feature_key AND quota_at >= x.month::timestamp AT TIME ZONE 'UTC') u
      CROSS JOIN LATERAL (
        SELECT coalesce(sum(quantity) FILTER (WHERE (created_at AT TIME ZONE 'UTC')::date = x.day), 0) AS day,
               coalesce(sum(quantity) FILTER (WHERE created_at < next_month_start(x.month::timestamp AT TIME ZONE 'UTC')), 0) AS month
        FROM billing_reservations
        WHERE tenant_id = x.tenant_id AND feature_key = x.feature_key AND created_at >= x.month::timestamp AT TIME ZONE 'UTC') r
      WHERE (x.day_used, x.month_used) <> (u.day + r.day, u.month + r.month)`,
  },
  {
    id: 'I19',
    says: 'what a member has left is the allowance without what was spent and is held, and each change of it is a transaction',
    sql: `
      SELECT x.tenant_id, w.id AS wallet_id, x.user_id::text AS row,
             x.balance || ' left, ' || x.monthly_usage || ' spent instead of ' || s.spent || ', ' || x.held || ' held instead of ' || h.held
               AS detail
      FROM user_credits x
      ${TEAM_WALLET}
      CROSS JOIN LATERAL (
        SELECT coalesce(sum((t.metadata ->> 'spent')::numeric), 0) AS spent
        FROM credit_transactions t
        WHERE t.tenant_id = x.tenant_id AND t.user_credit_id = x.id AND t.created_at >= x.last_usage_reset) s
      CROSS JOIN LATERAL (
        SELECT coalesce(sum(authorized - captured - released), 0) AS held
        FROM billing_reservations
        WHERE wallet_id = w.id AND created_by = x.user_id AND parent_id IS NULL AND status = 'open'
          AND x.monthly_allowance IS NOT NULL) h
      WHERE x.monthly_usage <> s.spent OR x.held <> h.held
         OR x.balance <> greatest(0, coalesce(x.monthly_allowance, 0) - x.monthly_usage - x.held)
      UNION ALL
      SELECT x.tenant_id, w.id, x.id::text, 'transaction ' || x.seq || ' does not follow the one before it'
      FROM (
        SELECT t.*, lag(seq, 1, 0::bigint) OVER o AS seq_before, lag(balance_after, 1, 0::numeric) OVER o AS balance_left
        FROM credit_transactions t WINDOW o AS (PARTITION BY user_credit_id ORDER BY seq)
      ) x
      ${TEAM_WALLET}
      WHERE x.seq <> x.seq_before + 1 OR x.balance_before <> x.balance_left
      UNION ALL
      SELECT x.tenant_id, w.id, x.user_id::text, x.last_seq || ' changes, the last transaction left ' || coalesce(t.balance_after, 0)
      FROM user_credits x
      ${TEAM_WALLET}
      LEFT JOIN credit_transactions t ON t.tenant_id = x.tenant_id AND t.user_credit_id = x.id AND t.seq = x.last_seq
      WHERE x.balance <> coalesce(t.balance_after, 0)`,
  },
];
