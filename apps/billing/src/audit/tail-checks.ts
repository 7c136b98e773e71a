import { ANNOUNCED } from './announced.js';
import { AUDITED } from './audited.js';
import type { Query, Violation } from './invariants.js';
import { VIOLATIONS_MAX } from './invariants.js';

/** Postings from the last one that was audited, which has to be as it was then, up to `to`; announced after `event`, if that is known. */
export type Tail = { walletId: string; from: number; hash: string | null; to: number; event: string | null };

// Every query answers rows (tenant_id, wallet_id, row, detail) of wallet $1; $2 and $3 are the bounds of the tail, $4 the hash of
// its start, $5 the event of its start. What a query reads grows with the tail or with what is open, never with the history of the wallet.
const TAIL_CHECKS: { id: string; sql: string }[] = [
  {
    id: 'I2',
    sql: `
      SELECT tenant_id, wallet_id, id::text AS row, 'after ' || coalesce(seq_before::text, 'nothing') || ' comes ' || wallet_seq AS detail
      FROM (
        SELECT l.*, lag(wallet_seq) OVER o AS seq_before, lag(balance_after) OVER o AS balance_left,
               lag(reserved_after) OVER o AS reserved_left
        FROM billing_ledger_transactions l
        WHERE wallet_id = $1 AND wallet_seq BETWEEN $2 AND $3
        WINDOW o AS (ORDER BY wallet_seq)
      ) chained
      WHERE wallet_seq > $2
        AND (wallet_seq <> coalesce(seq_before, 0) + 1
          OR balance_before <> coalesce(balance_left, 0) OR reserved_before <> coalesce(reserved_left, 0))
      UNION ALL
      SELECT w.tenant_id, w.id, w.id::text, 'the wallet says ' || w.last_seq || ' postings, ' || l.count || ' of ' || $2 || ' … ' || $3 || ' are there'
      FROM billing_wallets w
      CROSS JOIN LATERAL (
        SELECT count(*) AS count FROM billing_ledger_transactions
        WHERE wallet_id = w.id AND wallet_seq > $2 AND wallet_seq <= $3) l
      WHERE w.id = $1 AND (w.last_seq < $3 OR l.count <> $3 - $2)`,
  },
  {
    id: 'I13',
    sql: `
      SELECT tenant_id, wallet_id, id::text AS row, 'hash of posting ' || wallet_seq AS detail
      FROM (
        SELECT l.tenant_id, l.wallet_id, l.id, l.wallet_seq, l.hash,
               sha256(coalesce(lag(l.hash) OVER (ORDER BY l.wallet_seq), chain_start(l.wallet_id))
                 || convert_to(ledger_leaf(l), 'UTF8')) AS expected
        FROM billing_ledger_transactions l
        WHERE wallet_id = $1 AND wallet_seq BETWEEN $2 AND $3
      ) chained
      WHERE wallet_seq > $2 AND hash <> expected
      UNION ALL
      SELECT w.tenant_id, w.id, w.id::text, 'posting ' || $2 || ' is not the one that was audited'
      FROM billing_wallets w
      LEFT JOIN billing_ledger_transactions l ON l.wallet_id = w.id AND l.wallet_seq = $2
      WHERE w.id = $1 AND $2 > 0 AND encode(l.hash, 'hex') IS DISTINCT FROM $4::text`,
  },
  {
    // Each posting starts from what the one before it left, so the last one left the sum of all.
    id: 'I1',
    sql: `
      SELECT w.tenant_id, w.id AS wallet_id, w.id::text AS row,
             w.current_balance || ' / ' || w.reserved_balance || ' instead of ' || coalesce(l.balance_after, 0) || ' / '
               || coalesce(l.reserved_after, 0) AS detail
      FROM billing_wallets w
      LEFT JOIN billing_ledger_transactions l ON l.wallet_id = w.id AND l.wallet_seq = w.last_seq
      WHERE w.id = $1
        AND ((w.current_balance, w.reserved_balance) <> (coalesce(l.balance_after, 0), coalesce(l.reserved_after, 0))
          OR w.head_hash IS DISTINCT FROM l.hash)`,
  },
  {
    id: 'I3',
    sql: `
      SELECT w.tenant_id, w.id AS wallet_id, w.id::text AS row, w.reserved_balance || ' instead of ' || r.held AS detail
      FROM billing_wallets w
      CROSS JOIN LATERAL (
        SELECT coalesce(sum(authorized - captured - released), 0) AS held
        FROM billing_reservations WHERE wallet_id = w.id AND parent_id IS NULL AND status = 'open') r
      WHERE w.id = $1 AND w.reserved_balance <> r.held`,
  },
  {
    id: 'I7',
    sql: `
      SELECT l.tenant_id, l.wallet_id, l.id::text AS row,
             'debited ' || -l.amount || ', the usage says ' || coalesce(u.total_cost::text, 'nothing') AS detail
      FROM billing_ledger_transactions l
      LEFT JOIN billing_usage_events u ON u.tenant_id = l.tenant_id AND u.id = l.reference_id
      WHERE l.wallet_id = $1 AND l.wallet_seq > $2 AND l.wallet_seq <= $3
        AND l.reference_type = 'usage_event' AND l.transaction_type = 'debit'
        AND (u.id IS NULL OR u.wallet_id <> l.wallet_id OR (u.ledger_transaction_id = l.id AND u.total_cost <> -l.amount))`,
  },
  {
    id: 'I9',
    sql: `
      SELECT w.tenant_id, w.id AS wallet_id, w.id::text AS row, w.current_balance || ', in lots ' || t.remaining AS detail
      FROM billing_wallets w
      CROSS JOIN LATERAL (
        SELECT coalesce(sum(remaining), 0) AS remaining FROM billing_credit_lots WHERE wallet_id = w.id AND spendable) t
      WHERE w.id = $1 AND w.current_balance <> t.remaining
      UNION ALL
      SELECT l.tenant_id, l.wallet_id, l.id::text, l.amount || ', taken from lots ' || coalesce(c.amount, 0)
      FROM billing_ledger_transactions l
      CROSS JOIN LATERAL (
        SELECT sum(amount) AS amount FROM lot_draws
        WHERE wallet_id = l.wallet_id AND wallet_seq = l.wallet_seq) c
      WHERE l.wallet_id = $1 AND l.wallet_seq > $2 AND l.wallet_seq <= $3
        AND coalesce(c.amount, 0) <> CASE l.transaction_type WHEN 'reversal' THEN -l.amount ELSE greatest(-l.amount, 0) END`,
  },
  {
    id: 'I10',
    sql: `
      SELECT l.tenant_id, l.wallet_id, l.id::text AS row, l.amount || ' added, its lot is of ' || coalesce(t.granted, 0) AS detail
      FROM billing_ledger_transactions l
      LEFT JOIN billing_credit_lots t ON t.wallet_id = l.wallet_id AND t.wallet_seq = l.wallet_seq
      WHERE l.wallet_id = $1 AND l.wallet_seq > $2 AND l.wallet_seq <= $3 AND l.amount > 0
        AND l.transaction_type <> 'reversal' AND t.granted IS DISTINCT FROM l.amount`,
  },
  ANNOUNCED,
];

/** What is broken in the newest postings of a wallet, and in what they left. */
export async function violationsOfTail(
  query: Query,
  { walletId, from, hash, to, event }: Tail,
): Promise<Violation[]> {
  const found: Violation[] = [];
  for (const { id, sql } of TAIL_CHECKS) {
    const rows = await query<Omit<Violation, 'invariant'>>(
      // Which parameters a query uses differs; naming them here gives each its type.
      `WITH tail AS (SELECT $1::uuid, $2::bigint, $3::bigint, $4::text, $5::bigint)
       SELECT tenant_id AS "tenantId", wallet_id AS "walletId", "row", detail FROM (${sql}) broken LIMIT ${VIOLATIONS_MAX}`,
      [walletId, from, to, hash, event],
    );
    const says = AUDITED.find((invariant) => invariant.id === id)?.says ?? '';
    found.push(...rows.map((row) => ({ invariant: `${id}: ${says}`, ...row })));
  }
  return found;
}
