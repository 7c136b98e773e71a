/** The wallet and where an export of it starts and ends, seen at one moment. `$2`: the posting before the first. */
export const OPEN_EXPORT = `
  SELECT w.tenant_id AS "tenantId", w.id AS "walletId", w.currency, w.last_seq AS last, encode(w.head_hash, 'hex') AS head,
         w.current_balance AS balance, w.reserved_balance AS reserved, encode(l.hash, 'hex') AS "afterHash",
         coalesce(l.balance_after, 0)::numeric(20,6) AS "openingBalance",
         coalesce(l.reserved_after, 0)::numeric(20,6) AS "openingReserved"
  FROM billing_wallets w
  LEFT JOIN billing_ledger_transactions l ON l.wallet_id = w.id AND l.wallet_seq = $2
  WHERE w.tenant_id = $1
    AND w.user_id IS NULL`;

/**
 * Lines after posting `$2` up to `$3`: at most `$4` of them and so many as fit into `$5` bytes, but one. What is hashed is written as
 * it is hashed: amounts in their stored scale, the time to the microsecond, metadata as text.
 */
export const EXPORT_PART = `
  SELECT string_agg(line || E'\\n', '' ORDER BY seq) AS lines, max(seq) AS last
  FROM (
    SELECT seq, line, sum(octet_length(line) + 1) OVER (ORDER BY seq) AS bytes
    FROM (
      SELECT wallet_seq AS seq, json_build_object(
        'seq', wallet_seq, 'id', id, 'type', transaction_type, 'amount', amount::text, 'balanceBefore', balance_before::text,
        'balanceAfter', balance_after::text, 'reservedAmount', reserved_amount::text, 'reservedBefore', reserved_before::text,
        'reservedAfter', reserved_after::text, 'counterAccount', counter_account, 'referenceType', reference_type,
        'referenceId', reference_id, 'reservationId', reservation_id, 'createdBy', created_by,
        'createdAt', to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'requestHash', encode(request_hash, 'hex'), 'idempotencyKey', idempotency_key, 'description', description,
        'metadata', metadata::text, 'hash', encode(hash, 'hex'))::text AS line
      FROM billing_ledger_transactions
      WHERE wallet_id = (SELECT id FROM billing_wallets WHERE tenant_id = $1 AND user_id IS NULL)
        AND wallet_seq > $2
        AND wallet_seq <= $3
      ORDER BY wallet_seq
      LIMIT $4) written
  ) counted
  WHERE bytes <= $5 OR seq = $2 + 1`;
