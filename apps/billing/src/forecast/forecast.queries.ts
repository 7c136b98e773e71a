/**
 * Use of each complete day (UTC), the last one first: what the balance fell by, without what was paid in, given or expired. Where a
 * day ends is found by halving the ledger, so it costs the same however long the ledger is. `$2` now, `$3` how many days.
 */
export const DAILY_USE = `
  WITH wallet AS (
    SELECT id, greatest(created_at, date_trunc('day', $2::timestamptz, 'UTC') - make_interval(days => $3)) AS since
    FROM billing_wallets
    WHERE tenant_id = $1 AND user_id IS NULL
  ),
  ends AS (
    SELECT w.id AS wallet_id, day, last_posting_before(w.id, day) AS seq
    FROM wallet w
    CROSS JOIN generate_series(date_trunc('day', w.since, 'UTC'), date_trunc('day', $2::timestamptz, 'UTC'), interval '1 day') AS day
  ),
  balances AS (
    SELECT e.wallet_id, e.day, e.seq, lag(e.seq) OVER o AS seq_before, coalesce(l.balance_after, 0) AS balance,
           lag(coalesce(l.balance_after, 0)) OVER o AS balance_before
    FROM ends e
    LEFT JOIN billing_ledger_transactions l ON l.wallet_id = e.wallet_id AND l.wallet_seq = e.seq
    WINDOW o AS (ORDER BY e.day)
  )
  SELECT (b.balance_before - b.balance + (
            SELECT coalesce(sum(amount), 0)
            FROM billing_ledger_transactions
            WHERE wallet_id = b.wallet_id AND wallet_seq > b.seq_before AND wallet_seq <= b.seq
              AND transaction_type NOT IN ('debit', 'reservation', 'release') AND counter_account <> 'revenue'
          ))::numeric(20,6) AS used
  FROM balances b
  WHERE b.seq_before IS NOT NULL
  ORDER BY b.day DESC`;

/** What was used today so far, of a wallet that was made today. */
export const USED_SO_FAR = `
  SELECT coalesce(-sum(l.amount), 0)::numeric(20,6) AS used
  FROM billing_wallets w
  JOIN billing_ledger_transactions l ON l.wallet_id = w.id AND l.counter_account = 'revenue'
    AND l.wallet_seq > last_posting_before(w.id, date_trunc('day', $2::timestamptz, 'UTC'))
  WHERE w.tenant_id = $1 AND w.user_id IS NULL`;

export const REMAINING_LOTS = `
  SELECT t.remaining, t.expires_at AS "expiresAt"
  FROM billing_credit_lots t
  WHERE t.wallet_id = (SELECT id FROM billing_wallets WHERE tenant_id = $1 AND user_id IS NULL)
    AND t.spendable
  ORDER BY t.priority, t.expires_at, t.wallet_seq
  LIMIT $2`;
