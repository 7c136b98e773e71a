import type { Invariant } from './invariants.js';

const OF_WALLET = (alias: string) => `($1::uuid IS NULL OR ${alias}.wallet_id = $1)`;

/** What holds between the wallets and what the payment provider took and gave back. */
export const PAYMENT_INVARIANTS: Invariant[] = [
  {
    id: 'I15',
    says: 'a payment tops up once, and what refunds and disputes took of it is what they say, never more than was paid',
    sql: `
      SELECT t.tenant_id, t.wallet_id, t.id::text AS row, t.amount || ' paid, posted ' || coalesce(l.amount, 0) AS detail
      FROM billing_top_ups t
      LEFT JOIN billing_ledger_transactions l ON l.tenant_id = t.tenant_id AND l.id = t.ledger_transaction_id
      WHERE ${OF_WALLET('t')} AND t.ledger_transaction_id IS NOT NULL
        AND (l.amount IS DISTINCT FROM t.amount OR l.transaction_type <> 'topup' OR l.reference_id IS DISTINCT FROM t.id
          OR l.wallet_id <> t.wallet_id)
      UNION ALL
      SELECT l.tenant_id, l.wallet_id, l.id::text, 'tops up by a payment that is not there'
      FROM billing_ledger_transactions l
      LEFT JOIN billing_top_ups t ON t.tenant_id = l.tenant_id AND t.ledger_transaction_id = l.id
      WHERE ${OF_WALLET('l')} AND l.transaction_type = 'topup' AND l.reference_type = 'stripe_payment' AND t.id IS NULL
      UNION ALL
      SELECT r.tenant_id, r.wallet_id, r.id::text, 'took ' || r.taken - r.returned || ', posted ' || p.amount
      FROM billing_payment_reversals r
      CROSS JOIN LATERAL (
        SELECT coalesce(-sum(l.amount), 0) AS amount FROM billing_ledger_transactions l
        WHERE l.tenant_id = r.tenant_id AND l.reference_id = r.id AND l.transaction_type IN ('refund', 'reinstatement')) p
      WHERE ${OF_WALLET('r')} AND r.taken - r.returned <> p.amount
      UNION ALL
      SELECT l.tenant_id, l.wallet_id, l.id::text, 'goes back for no refund and no dispute'
      FROM billing_ledger_transactions l
      LEFT JOIN billing_payment_reversals r ON r.tenant_id = l.tenant_id AND r.id = l.reference_id
      WHERE ${OF_WALLET('l')} AND l.transaction_type IN ('refund', 'reinstatement') AND r.id IS NULL
      UNION ALL
      SELECT t.tenant_id, t.wallet_id, t.id::text, t.amount || ' paid, ' || sum(r.amount) || ' went back'
      FROM billing_top_ups t
      JOIN billing_payment_reversals r ON r.tenant_id = t.tenant_id AND r.top_up_id = t.id AND NOT r.undone
      WHERE ${OF_WALLET('t')}
      GROUP BY t.tenant_id, t.wallet_id, t.id, t.amount
      HAVING sum(r.amount) > t.amount`,
  },
];
