import { LIMIT_INVARIANTS } from './limit-invariants.js';
import { PAYMENT_INVARIANTS } from './payment-invariants.js';
import { INVOICE_INVARIANTS } from '../invoices/invoice-invariants.js';
import { USAGE_INVARIANTS } from './usage-invariants.js';

/** A row that breaks an invariant: which one, whose, and what is wrong about it. */
export type Violation = {
  invariant: string;
  tenantId: string;
  walletId: string;
  row: string;
  detail: string;
};

export type Invariant = { id: string; says: string; sql: string };

// Every query answers rows (tenant_id, wallet_id, row, detail) and sees what row-level security lets it see: one tenant's rows in
// the service and in operators' commands, everybody's in tests. $1 narrows it to one wallet.
const OF_WALLET = (alias: string, column = 'wallet_id') => `($1::uuid IS NULL OR ${alias}.${column} = $1)`;

/** What must hold between any two transactions, whoever looks; docs/billing-invariants.md says what guards each. */
export const INVARIANTS: Invariant[] = [
  {
    id: 'I1',
    says: 'a balance is the sum of its postings, and so is what is reserved',
    sql: `
      SELECT w.tenant_id, w.id AS wallet_id, w.id::text AS row,
             w.current_balance || ' / ' || w.reserved_balance || ' instead of ' || l.total || ' / ' || l.reserved AS detail
      FROM billing_wallets w
      CROSS JOIN LATERAL (
        SELECT coalesce(sum(amount), 0)::numeric(20,6) AS total, coalesce(sum(reserved_amount), 0)::numeric(20,6) AS reserved
        FROM billing_ledger_transactions WHERE wallet_id = w.id) l
      WHERE ${OF_WALLET('w', 'id')} AND (w.current_balance, w.reserved_balance) <> (l.total, l.reserved)`,
  },
  {
    id: 'I2',
    says: 'postings are numbered 1 … n without a gap, and each starts from what the one before it left',
    sql: `
      SELECT tenant_id, wallet_id, id::text AS row, 'after ' || coalesce(seq_before::text, 'nothing') || ' comes ' || wallet_seq AS detail
      FROM (
        SELECT l.*, lag(wallet_seq) OVER o AS seq_before, lag(balance_after) OVER o AS balance_left,
               lag(reserved_after) OVER o AS reserved_left
        FROM billing_ledger_transactions l WHERE ${OF_WALLET('l')}
        WINDOW o AS (PARTITION BY wallet_id ORDER BY wallet_seq)
      ) chained
      WHERE wallet_seq <> coalesce(seq_before, 0) + 1
         OR balance_before <> coalesce(balance_left, 0) OR reserved_before <> coalesce(reserved_left, 0)
      UNION ALL
      SELECT w.tenant_id, w.id, w.id::text, 'the wallet says ' || w.last_seq || ' postings'
      FROM billing_wallets w
      WHERE ${OF_WALLET('w', 'id')}
        AND w.last_seq <> (SELECT count(*) FROM billing_ledger_transactions l WHERE l.wallet_id = w.id)`,
  },
  {
    id: 'I3',
    says: 'what a wallet reserves is what its open budgets and reservations hold',
    sql: `
      SELECT w.tenant_id, w.id AS wallet_id, w.id::text AS row, w.reserved_balance || ' instead of ' || r.held AS detail
      FROM billing_wallets w
      CROSS JOIN LATERAL (
        SELECT coalesce(sum(authorized - captured - released), 0) AS held
        FROM billing_reservations WHERE wallet_id = w.id AND parent_id IS NULL) r
      WHERE ${OF_WALLET('w', 'id')} AND w.reserved_balance <> r.held`,
  },
  {
    id: 'I4',
    says: 'no wallet holds less than it reserved, and none less than nothing',
    sql: `
      SELECT w.tenant_id, w.id AS wallet_id, w.id::text AS row, w.current_balance || ' < ' || w.reserved_balance AS detail
      FROM billing_wallets w
      WHERE ${OF_WALLET('w', 'id')} AND (w.current_balance < w.reserved_balance OR w.reserved_balance < 0)`,
  },
  {
    id: 'I5',
    says: 'a reservation captures and releases no more than was authorised, and a budget allots what its reservations hold',
    sql: `
      SELECT r.tenant_id, r.wallet_id, r.id::text AS row,
             'allotted ' || r.allotted || ' instead of ' || d.held || ', captured ' || r.captured || ' of which drawn ' || d.captured AS detail
      FROM billing_reservations r
      CROSS JOIN LATERAL (
        SELECT coalesce(sum(c.authorized - c.captured - c.released), 0) AS held, coalesce(sum(c.captured), 0) AS captured
        FROM billing_reservations c WHERE c.tenant_id = r.tenant_id AND c.parent_id = r.id) d
      WHERE ${OF_WALLET('r')}
        AND (r.allotted <> d.held OR r.captured < d.captured OR r.captured + r.released + r.allotted > r.authorized
          OR (r.status <> 'open' AND r.captured + r.released <> r.authorized))
      UNION ALL
      SELECT r.tenant_id, r.wallet_id, r.id::text, 'captured ' || r.captured || ', posted ' || coalesce(p.captured, 0)
      FROM billing_reservations r
      LEFT JOIN (
        SELECT o.id, sum(o.captured) AS captured
        FROM (
          SELECT l.reservation_id AS id, -l.amount AS captured
          FROM billing_ledger_transactions l WHERE ${OF_WALLET('l')} AND l.reservation_id IS NOT NULL
          UNION ALL
          SELECT c.parent_id, -l.amount
          FROM billing_ledger_transactions l
          JOIN billing_reservations c ON c.tenant_id = l.tenant_id AND c.id = l.reservation_id
          WHERE ${OF_WALLET('l')} AND c.parent_id IS NOT NULL
        ) o
        GROUP BY o.id) p ON p.id = r.id
      WHERE ${OF_WALLET('r')} AND r.captured <> coalesce(p.captured, 0)`,
  },
  {
    id: 'I6',
    says: 'a key has one answer: it is posted or refused, never both',
    sql: `
      SELECT f.tenant_id, f.wallet_id, f.idempotency_key AS row, 'refused as ' || f.outcome || ' and posted' AS detail
      FROM billing_refusals f
      JOIN billing_ledger_transactions l ON l.tenant_id = f.tenant_id AND l.idempotency_key = f.idempotency_key
      WHERE ${OF_WALLET('f')}`,
  },
  {
    id: 'I7',
    says: 'charged usage has exactly one debit, of its cost, which like its quantity is the sum of its items, in the currency of the wallet; voided, one reversal of it',
    sql: `
      SELECT u.tenant_id, u.wallet_id, u.id::text AS row,
             u.total_cost || ' ' || u.currency || ' for ' || u.total_quantity || ', items ' || i.cost || ' for ' || i.quantity
               || ', debited ' || coalesce(-l.amount, 0) AS detail
      FROM billing_usage_events u
      JOIN billing_wallets w ON w.id = u.wallet_id
      LEFT JOIN billing_ledger_transactions l ON l.tenant_id = u.tenant_id AND l.id = u.ledger_transaction_id
      CROSS JOIN LATERAL (
        SELECT coalesce(sum((item ->> 'cost')::numeric), 0) AS cost,
               coalesce(sum((item ->> 'quantity')::numeric) FILTER (WHERE item ->> 'scheme' IS DISTINCT FROM 'overage'), 0)::numeric(20,6)
                 AS quantity
        FROM jsonb_array_elements(u.usage_items) item) i
      WHERE ${OF_WALLET('u')}
        AND (u.currency <> w.currency OR u.total_cost <> i.cost OR u.total_quantity <> i.quantity
          OR (u.ledger_transaction_id IS NOT NULL AND (l.amount IS DISTINCT FROM -u.total_cost OR l.reference_id IS DISTINCT FROM u.id
            OR l.wallet_id <> u.wallet_id)))
      UNION ALL
      SELECT l.tenant_id, l.wallet_id, l.id::text, 'a debit for usage that is not charged by it'
      FROM billing_ledger_transactions l
      LEFT JOIN billing_usage_events u ON u.ledger_transaction_id = l.id AND u.id = l.reference_id
      WHERE ${OF_WALLET('l')} AND l.reference_type = 'usage_event' AND l.transaction_type = 'debit' AND u.id IS NULL
      UNION ALL
      SELECT coalesce(l.tenant_id, u.tenant_id), coalesce(l.wallet_id, u.wallet_id), coalesce(l.id, u.id)::text,
             'reversed ' || coalesce(l.amount, 0) || ' of ' || coalesce(u.total_cost, 0)
      FROM (SELECT * FROM billing_ledger_transactions t WHERE ${OF_WALLET('t')} AND t.transaction_type = 'reversal') l
      FULL JOIN (SELECT * FROM billing_usage_events e WHERE ${OF_WALLET('e')} AND e.reversal_transaction_id IS NOT NULL) u
        ON u.reversal_transaction_id = l.id AND u.id = l.reference_id AND u.wallet_id = l.wallet_id
      WHERE l.amount IS DISTINCT FROM u.total_cost`,
  },
  {
    id: 'I9',
    says: 'the lots that are left are the balance; each posting that takes took from lots, and each reversal gave back to them',
    sql: `
      SELECT w.tenant_id, w.id AS wallet_id, w.id::text AS row, w.current_balance || ', in lots ' || t.remaining AS detail
      FROM billing_wallets w
      CROSS JOIN LATERAL (
        SELECT coalesce(sum(remaining), 0) AS remaining FROM billing_credit_lots WHERE wallet_id = w.id) t
      WHERE ${OF_WALLET('w', 'id')} AND w.current_balance <> t.remaining
      UNION ALL
      SELECT l.tenant_id, l.wallet_id, l.id::text, l.amount || ', taken from lots ' || coalesce(c.amount, 0)
      FROM billing_ledger_transactions l
      FULL JOIN (SELECT wallet_id, wallet_seq, sum(amount) AS amount FROM lot_draws x WHERE ${OF_WALLET('x')} GROUP BY 1, 2) c
        ON c.wallet_id = l.wallet_id AND c.wallet_seq = l.wallet_seq
      WHERE ($1::uuid IS NULL OR coalesce(l.wallet_id, c.wallet_id) = $1)
        AND coalesce(c.amount, 0) IS DISTINCT FROM CASE l.transaction_type WHEN 'reversal' THEN -l.amount ELSE greatest(-l.amount, 0) END`,
  },
  {
    id: 'I10',
    says: 'of each lot, what was used, what expired and what remains is what was granted; each posting that adds has its lot, which pays for later ones only',
    sql: `
      SELECT t.tenant_id, t.wallet_id, t.id::text AS row,
             t.granted || ' granted, ' || t.remaining || ' left, ' || coalesce(c.amount, 0) || ' taken' AS detail
      FROM billing_credit_lots t
      LEFT JOIN (SELECT wallet_id, lot_id, sum(amount) AS amount FROM lot_draws x WHERE ${OF_WALLET('x')} GROUP BY 1, 2) c
        ON c.wallet_id = t.wallet_id AND c.lot_id = t.id
      WHERE ${OF_WALLET('t')} AND t.granted <> t.remaining + coalesce(c.amount, 0)
      UNION ALL
      SELECT l.tenant_id, l.wallet_id, l.id::text, l.amount || ' added, its lot is of ' || coalesce(t.granted, 0)
      FROM billing_ledger_transactions l
      LEFT JOIN billing_credit_lots t ON t.wallet_id = l.wallet_id AND t.wallet_seq = l.wallet_seq
      WHERE ${OF_WALLET('l')} AND l.amount > 0 AND l.transaction_type <> 'reversal' AND t.granted IS DISTINCT FROM l.amount
      UNION ALL
      SELECT x.tenant_id, x.wallet_id, x.lot_id::text, 'pays for posting ' || x.wallet_seq || ', comes with ' || coalesce(t.wallet_seq::text, 'none')
      FROM lot_draws x
      LEFT JOIN billing_credit_lots t ON t.wallet_id = x.wallet_id AND t.id = x.lot_id
      WHERE ${OF_WALLET('x')} AND (t.id IS NULL OR t.wallet_seq >= x.wallet_seq)`,
  },
  {
    id: 'I11',
    says: 'wallets and counter-accounts of a currency sum up to zero, and each account is the sum of its postings',
    sql: `
      SELECT tenant_id, max(wallet_id::text)::uuid AS wallet_id, currency AS row, 'sums up to ' || sum(balance) AS detail
      FROM (
        SELECT tenant_id, currency, current_balance AS balance, id AS wallet_id FROM billing_wallets
        UNION ALL
        SELECT tenant_id, currency, balance, NULL FROM billing_accounts
      ) sides
      GROUP BY tenant_id, currency
      HAVING sum(balance) <> 0 AND ($1::uuid IS NULL OR bool_or(wallet_id = $1))
      UNION ALL
      SELECT w.tenant_id, w.id, p.account, p.balance || ' posted, the account says ' || coalesce(a.balance, 0)
      FROM billing_wallets w
      CROSS JOIN LATERAL (
        SELECT counter_account AS account, -sum(amount) AS balance
        FROM billing_ledger_transactions WHERE wallet_id = w.id AND counter_account <> 'held' GROUP BY 1) p
      LEFT JOIN billing_accounts a ON a.tenant_id = w.tenant_id AND a.currency = w.currency AND a.account = p.account
      WHERE ${OF_WALLET('w', 'id')} AND w.user_id IS NULL AND coalesce(a.balance, 0) <> p.balance`,
  },
  {
    id: 'I13',
    says: 'every posting hashes to what it says, chained to the one before it, up to the head that the wallet keeps',
    sql: `
      SELECT tenant_id, wallet_id, id::text AS row, 'hash of posting ' || wallet_seq AS detail
      FROM (
        SELECT l.tenant_id, l.wallet_id, l.id, l.wallet_seq, l.hash,
               sha256(coalesce(lag(l.hash) OVER (PARTITION BY l.wallet_id ORDER BY l.wallet_seq), chain_start(l.wallet_id))
                 || convert_to(ledger_leaf(l), 'UTF8')) AS expected
        FROM billing_ledger_transactions l WHERE ${OF_WALLET('l')}
      ) chained
      WHERE hash <> expected
      UNION ALL
      SELECT w.tenant_id, w.id, w.id::text, 'the head is not the last posting'
      FROM billing_wallets w
      LEFT JOIN billing_ledger_transactions l ON l.wallet_id = w.id AND l.wallet_seq = w.last_seq
      WHERE ${OF_WALLET('w', 'id')} AND w.head_hash IS DISTINCT FROM l.hash`,
  },
  ...PAYMENT_INVARIANTS,
  ...LIMIT_INVARIANTS,
  ...INVOICE_INVARIANTS,
  ...USAGE_INVARIANTS,
];

/** Runs SQL on the billing schema and returns its rows. */
export type Query = <R extends object>(sql: string, params: unknown[]) => Promise<R[]>;

/** Rows named of one invariant; more of them say nothing more. */
export const VIOLATIONS_MAX = 100;

/** Every broken invariant of one wallet, or of all that the caller may see; at most a hundred rows of each. */
export async function violationsOf(query: Query, walletId: string | null = null): Promise<Violation[]> {
  const found: Violation[] = [];
  for (const { id, says, sql } of INVARIANTS) {
    const rows = await query<{ tenantId: string; walletId: string; row: string; detail: string }>(
      `SELECT tenant_id AS "tenantId", wallet_id AS "walletId", "row", detail FROM (${sql}) broken LIMIT ${VIOLATIONS_MAX}`,
      [walletId],
    );
    found.push(...rows.map((row) => ({ invariant: `${id}: ${says}`, ...row })));
  }
  return found;
}
