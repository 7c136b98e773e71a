/** A row changed past the service, and what the audit makes of it. */
export type Alteration = {
  what: string;
  breaks: string;
  /** Of tenant $1; the last one answers what the audit has to name. */
  sql: string[];
};

const LEDGER = 'billing_ledger_transactions';
const MORE_POSTED = 'amount = amount + 0.1, balance_after = balance_after + 0.1';

/** What somebody with the superuser's rights may do to a row of each kind, past every trigger and foreign key. */
export const ALTERATIONS: Alteration[] = [
  {
    what: 'the balance of the wallet',
    breaks: 'I1',
    sql: [
      'UPDATE billing_wallets SET current_balance = current_balance + 1 WHERE tenant_id = $1 RETURNING id AS row',
    ],
  },
  {
    what: 'what a posting starts from',
    breaks: 'I2',
    sql: [
      `UPDATE ${LEDGER} SET balance_before = balance_before + 1, balance_after = balance_after + 1
       WHERE tenant_id = $1 AND wallet_seq = 3 RETURNING id AS row`,
    ],
  },
  {
    what: 'the tenant of a posting',
    breaks: 'I2',
    sql: [
      `UPDATE ${LEDGER} SET tenant_id = gen_random_uuid() WHERE tenant_id = $1 AND wallet_seq = 3 RETURNING wallet_id AS row`,
    ],
  },
  {
    what: 'what the wallet reserves',
    breaks: 'I3',
    sql: [
      'UPDATE billing_wallets SET reserved_balance = reserved_balance - 1 WHERE tenant_id = $1 RETURNING id AS row',
    ],
  },
  {
    what: 'a balance below what is reserved',
    breaks: 'I4',
    sql: [
      'ALTER TABLE billing_wallets DROP CONSTRAINT billing_wallets_never_overdrawn',
      'UPDATE billing_wallets SET current_balance = reserved_balance - 1 WHERE tenant_id = $1 RETURNING id AS row',
    ],
  },
  {
    what: 'what a reservation captured',
    breaks: 'I5',
    sql: [
      `UPDATE billing_reservations SET captured = captured + 0.1
       WHERE tenant_id = $1 AND captured > 0 AND parent_id IS NOT NULL RETURNING id AS row`,
    ],
  },
  {
    what: 'what a budget allotted',
    breaks: 'I5',
    sql: [
      'UPDATE billing_reservations SET allotted = 0 WHERE tenant_id = $1 AND allotted > 0 RETURNING id AS row',
    ],
  },
  {
    what: 'a refusal under a key that is posted',
    breaks: 'I6',
    sql: [
      `INSERT INTO billing_refusals (tenant_id, idempotency_key, wallet_id, request_hash, outcome, created_at)
       SELECT tenant_id, idempotency_key, wallet_id, request_hash, 'insufficient', created_at FROM ${LEDGER}
       WHERE tenant_id = $1 AND wallet_seq = 3 RETURNING idempotency_key AS row`,
    ],
  },
  {
    what: 'the cost of charged usage',
    breaks: 'I7',
    sql: [
      `UPDATE billing_usage_events SET total_cost = total_cost + 1
       WHERE tenant_id = $1 AND status = 'charged' RETURNING id AS row`,
    ],
  },
  {
    what: 'the quantity of usage',
    breaks: 'I7',
    sql: [
      `UPDATE billing_usage_events SET total_quantity = total_quantity - 1
       WHERE tenant_id = $1 AND status = 'charged' RETURNING id AS row`,
    ],
  },
  {
    what: 'a charge that is forgotten',
    breaks: 'I7',
    sql: [
      `UPDATE billing_usage_events u SET status = 'pending', ledger_transaction_id = NULL, charged_at = NULL
       FROM billing_usage_events was
       WHERE u.tenant_id = $1 AND u.status = 'charged' AND was.id = u.id RETURNING was.ledger_transaction_id AS row`,
    ],
  },
  {
    what: 'a reversal of another amount',
    breaks: 'I7',
    sql: [
      `UPDATE ${LEDGER} SET ${MORE_POSTED} WHERE tenant_id = $1 AND transaction_type = 'reversal' RETURNING id AS row`,
    ],
  },
  {
    what: 'an event that is gone',
    breaks: 'I8',
    sql: [
      `DELETE FROM domain_events
       WHERE tenant_id = $1 AND event_type = 'billing.wallet.posted' AND (payload ->> 'toSeq')::bigint = 3`,
      `SELECT id AS row FROM ${LEDGER} WHERE tenant_id = $1 AND wallet_seq = 3`,
    ],
  },
  {
    what: 'the hash that an event announced',
    breaks: 'I8',
    sql: [
      `UPDATE domain_events SET payload = payload || '{"hash": "00"}'
       WHERE tenant_id = $1 AND event_type = 'billing.wallet.posted' AND (payload ->> 'toSeq')::bigint = 3 RETURNING id AS row`,
    ],
  },
  {
    what: 'that a lot paid for a posting',
    breaks: 'I9',
    sql: [
      `UPDATE ${LEDGER} l SET lot_id = NULL
       WHERE tenant_id = $1 AND lot_id IS NOT NULL AND reference_type = 'usage_event' RETURNING id AS row`,
    ],
  },
  {
    what: 'what a lot was granted',
    breaks: 'I10',
    sql: ['UPDATE billing_credit_lots SET granted = granted + 1 WHERE tenant_id = $1 RETURNING id AS row'],
  },
  {
    what: 'which lot paid for a posting',
    breaks: 'I10',
    sql: [
      `UPDATE ${LEDGER} l SET lot_id = (SELECT id FROM billing_credit_lots WHERE tenant_id = $1 ORDER BY wallet_seq DESC LIMIT 1)
       WHERE tenant_id = $1 AND lot_id IS NOT NULL AND reference_type = 'usage_event' RETURNING lot_id AS row`,
    ],
  },
  {
    what: 'a posting that is paid by a lot of nobody',
    breaks: 'I10',
    sql: [
      `UPDATE ${LEDGER} l SET lot_id = gen_random_uuid()
       WHERE tenant_id = $1 AND lot_id IS NOT NULL AND reference_type = 'usage_event' RETURNING lot_id AS row`,
    ],
  },
  {
    what: 'the balance of a counter-account',
    breaks: 'I11',
    sql: [
      `UPDATE billing_accounts SET balance = balance + 1 WHERE tenant_id = $1 AND account = 'cash' RETURNING account AS row`,
    ],
  },
  {
    what: 'the description of a posting',
    breaks: 'I13',
    sql: [
      `UPDATE ${LEDGER} SET description = 'Nothing to see' WHERE tenant_id = $1 AND wallet_seq = 2 RETURNING id AS row`,
    ],
  },
  {
    what: 'the unit price of a use that costs the same',
    breaks: 'I14',
    sql: [
      `UPDATE billing_usage_events SET usage_items = jsonb_set(usage_items, '{0,unitPrice}', '"0.5000000000"')
       WHERE tenant_id = $1 AND status = 'charged' RETURNING id AS row`,
    ],
  },
  {
    what: 'the steps of a use that costs the same',
    breaks: 'I14',
    sql: [
      `UPDATE billing_usage_events SET usage_items = jsonb_set(usage_items, '{0,steps,0,quantity}', '"1"')
       WHERE tenant_id = $1 AND status = 'voided' RETURNING id AS row`,
    ],
  },
  {
    what: 'what was paid by card',
    breaks: 'I15',
    sql: ['UPDATE billing_top_ups SET amount = amount + 1 WHERE tenant_id = $1 RETURNING id AS row'],
  },
  {
    what: 'a payment that is gone',
    breaks: 'I15',
    sql: ['DELETE FROM billing_top_ups WHERE tenant_id = $1 RETURNING ledger_transaction_id AS row'],
  },
  {
    what: 'what a refund took',
    breaks: 'I15',
    sql: ['UPDATE billing_payment_reversals SET taken = taken - 1 WHERE tenant_id = $1 RETURNING id AS row'],
  },
  {
    what: 'a refund of more than was paid',
    breaks: 'I15',
    sql: ['UPDATE billing_payment_reversals SET amount = 51 WHERE tenant_id = $1 RETURNING top_up_id AS row'],
  },
  {
    what: 'the amount of a line of an invoice',
    breaks: 'I16',
    sql: [
      `UPDATE billing_invoices SET line_items = jsonb_set(line_items, '{0,amount}', '"0.01"')
       WHERE tenant_id = $1 RETURNING id AS row`,
    ],
  },
  {
    what: 'the tax of an invoice',
    breaks: 'I16',
    sql: [
      'UPDATE billing_invoices SET tax = tax + 1, total = total + 1 WHERE tenant_id = $1 RETURNING id AS row',
    ],
  },
  {
    what: 'a credit note of more than its invoice',
    breaks: 'I16',
    sql: [
      'UPDATE billing_credit_notes SET subtotal = 100, total = 100 + tax WHERE tenant_id = $1 RETURNING invoice_id AS row',
    ],
  },
  {
    what: 'the last number of a series',
    breaks: 'I16',
    sql: [
      `UPDATE billing_number_series SET last_number = last_number + 1
       WHERE tenant_id = $1 AND series = 'invoice' RETURNING series AS row`,
    ],
  },
  {
    what: 'a credit note that is gone',
    breaks: 'I16',
    sql: [`DELETE FROM billing_credit_notes WHERE tenant_id = $1 RETURNING 'credit_note' AS row`],
  },
  {
    what: 'usage of the quota',
    breaks: 'I18',
    sql: [
      'UPDATE billing_quota_counters SET month_used = 0 WHERE tenant_id = $1 RETURNING feature_key AS row',
    ],
  },
  {
    what: 'what a member spent',
    breaks: 'I19',
    sql: [
      `UPDATE user_credits SET monthly_usage = monthly_usage - 0.1, balance = balance + 0.1
       WHERE tenant_id = $1 RETURNING user_id AS row`,
    ],
  },
  {
    what: 'a change of an allowance that is gone',
    breaks: 'I19',
    sql: [
      `WITH gone AS (DELETE FROM credit_transactions WHERE tenant_id = $1 AND seq = 2)
       SELECT id AS row FROM credit_transactions WHERE tenant_id = $1 AND seq = 3`,
    ],
  },
  {
    what: 'the posting that an invoice begins with',
    breaks: 'I20',
    sql: ['UPDATE billing_invoices SET from_seq = from_seq + 1 WHERE tenant_id = $1 RETURNING id AS row'],
  },
  {
    what: 'what an invoice carries on',
    breaks: 'I20',
    sql: [
      'UPDATE billing_invoices SET carried_out = carried_out + 1 WHERE tenant_id = $1 RETURNING id AS row',
    ],
  },
  {
    what: 'the debit that collected an invoice',
    breaks: 'I21',
    sql: [
      `UPDATE ${LEDGER} SET ${MORE_POSTED}
       WHERE tenant_id = $1 AND reference_type = 'invoice' RETURNING reference_id AS row`,
    ],
  },
  {
    what: 'that an invoice is paid',
    breaks: 'I21',
    sql: [
      `UPDATE billing_invoices SET status = 'pending', paid_at = NULL, payment_method = NULL, due_at = now()
       WHERE tenant_id = $1 RETURNING id AS row`,
    ],
  },
  {
    what: 'what a month counted',
    breaks: 'I22',
    sql: [
      `UPDATE billing_usage_months SET quantity = quantity - 1
       WHERE tenant_id = $1 RETURNING concat_ws(' ', month, category, provider, unit) AS row`,
    ],
  },
  {
    what: 'a month that is gone',
    breaks: 'I22',
    sql: [
      `DELETE FROM billing_usage_months
       WHERE tenant_id = $1 RETURNING concat_ws(' ', month, category, provider, unit) AS row`,
    ],
  },
];
