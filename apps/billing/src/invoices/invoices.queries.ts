import type { ListInvoices } from '@leadwire/contracts';

const SUMMARY = `
  i.id, i.tenant_id AS "tenantId", i.wallet_id AS "walletId", i.invoice_number AS number, i.kind, i.status, i.currency, i.subtotal,
  i.tax, i.total, i.prepaid, i.period_start AS "periodStart", i.period_end AS "periodEnd", i.due_at AS "dueAt",
  i.finalised_at AS "finalisedAt", i.paid_at AS "paidAt", i.payment_method AS "paymentMethod", i.voided_at AS "voidedAt",
  i.created_at AS "createdAt"`;

const WHOLE = `${SUMMARY}, i.line_items AS lines, i.tax_items AS taxes, i.tax_note AS "taxNote", i.seller, i.customer,
  i.from_seq AS "fromSeq", i.to_seq AS "toSeq", i.carried_in AS "carriedIn", i.carried_out AS "carriedOut",
  i.ledger_transaction_id AS "ledgerTransactionId", i.metadata, i.reminders, i.collect_tries AS "collectTries",
  i.document_key AS "documentKey", encode(i.document_hash, 'hex') AS "documentHash", i.created_by AS "createdBy", i.version,
  (SELECT coalesce(sum(n.total), 0)::numeric(20,6) FROM billing_credit_notes n
   WHERE n.tenant_id = i.tenant_id AND n.invoice_id = i.id) AS credited`;

export const FIND_INVOICE = `SELECT ${WHOLE} FROM billing_invoices i WHERE i.tenant_id = $1 AND i.id = $2`;
export const LOCK_INVOICE = `${FIND_INVOICE} FOR UPDATE OF i`;

/** Newest first. `$3`: the invoice that the last page ended with. */
export function listInvoices({ status, kind }: ListInvoices): { sql: string; filters: unknown[] } {
  const filters: unknown[] = [];
  const where: string[] = [];
  const bind = (condition: string, value: unknown) =>
    where.push(`AND ${condition} = $${filters.push(value) + 3}`);
  if (status !== undefined) bind('i.status', status);
  if (kind !== undefined) bind('i.kind', kind);
  const sql = `
    SELECT ${SUMMARY}
    FROM billing_invoices i
    WHERE i.tenant_id = $1
      AND ($3::uuid IS NULL OR i.id < $3)
      ${where.join('\n      ')}
    ORDER BY i.id DESC
    LIMIT $2`;
  return { sql, filters };
}

/** Each ends where the next begins, and a later one has a later id. */
export const LAST_USAGE_INVOICE = `
  SELECT id, to_seq AS "toSeq", period_end AS "periodEnd", carried_out AS "carriedOut", status
  FROM billing_invoices
  WHERE tenant_id = $1 AND kind = 'usage' AND status <> 'voided'
  ORDER BY id DESC
  LIMIT 1`;

export const WALLET_OF_TENANT = `
  SELECT id, currency, status, last_posted_at AS "lastPostedAt"
  FROM billing_wallets
  WHERE tenant_id = $1 AND user_id IS NULL`;

/** What usage took or was given back. Tax and credit notes have documents of their own. */
export const ofUsage = (posting: string): string =>
  `${posting}.counter_account = 'revenue' AND ${posting}.reference_type <> 'credit_note'`;

/** What postings took (`c`, `l`) from which lots, and the posting that a lot came with (`g`). */
export const GRANTED_FROM = `
  FROM lot_draws c
  JOIN billing_ledger_transactions l ON l.wallet_id = c.wallet_id AND l.wallet_seq = c.wallet_seq
  JOIN billing_credit_lots t ON t.tenant_id = c.tenant_id AND t.id = c.lot_id
  JOIN billing_ledger_transactions g ON g.wallet_id = t.wallet_id AND g.wallet_seq = t.wallet_seq`;

/** The postings after `$3` and before `$4`: the last of them, and when the first of usage was. */
export const OPEN_RANGE = `
  SELECT
    (SELECT l.wallet_seq FROM billing_ledger_transactions l
     WHERE l.tenant_id = $1 AND l.wallet_id = $2 AND l.wallet_seq > $3 AND l.created_at < $4
     ORDER BY l.wallet_seq DESC LIMIT 1) AS "toSeq",
    (SELECT l.created_at FROM billing_ledger_transactions l
     WHERE l.tenant_id = $1 AND l.wallet_id = $2 AND l.wallet_seq > $3 AND l.created_at < $4 AND ${ofUsage('l')}
     ORDER BY l.wallet_seq LIMIT 1) AS "firstAt"`;

export const INSERT_USAGE_DRAFT = `
  INSERT INTO billing_invoices (id, tenant_id, wallet_id, kind, status, subtotal, total, currency, period_start, period_end, from_seq,
    to_seq, carried_in, created_by, metadata, created_at)
  VALUES ($1, $2, $3, 'usage', 'draft', 0, 0, $4, $5, $6, $7, $8, $9, $10, $11, $12)`;

export const INSERT_CREDIT_DRAFT = `
  INSERT INTO billing_invoices (id, tenant_id, wallet_id, kind, status, subtotal, total, currency, period_start, period_end,
    line_items, created_by, created_at)
  VALUES ($1, $2, $3, 'credit', 'draft', $4, $4, $5, $6::timestamptz, $6::timestamptz + interval '1 day', $7, $8, $6::timestamptz)`;

export const USAGE_DRAFT = `SELECT ${WHOLE} FROM billing_invoices i WHERE i.tenant_id = $1 AND i.status = 'draft' AND i.kind = 'usage'`;

export const DELETE_DRAFT = `DELETE FROM billing_invoices WHERE tenant_id = $1 AND id = $2 AND status = 'draft'`;

export const FINALISE_INVOICE = `
  UPDATE billing_invoices
  SET invoice_number = $3, status = 'pending', subtotal = $4, tax = $5, total = $6, line_items = $7, tax_items = $8, tax_note = $9,
      carried_out = $10, prepaid = $11, seller = $12, customer = $13, finalised_at = $14, due_at = $15, next_step_at = $15
  WHERE tenant_id = $1 AND id = $2`;

export const PAY_INVOICE = `
  UPDATE billing_invoices
  SET status = 'paid', paid_at = $3, payment_method = $4, ledger_transaction_id = $5, next_step_at = NULL, metadata = metadata || $6,
      version = version + 1
  WHERE tenant_id = $1 AND id = $2`;

export const VOID_INVOICE = `
  UPDATE billing_invoices
  SET status = 'voided', voided_at = $3, next_step_at = NULL, metadata = metadata || $4, version = version + 1
  WHERE tenant_id = $1 AND id = $2`;

export const NOTE_COLLECTION = `UPDATE billing_invoices SET collect_tries = $3 WHERE tenant_id = $1 AND id = $2`;

export const BUMP_VERSION = `UPDATE billing_invoices SET version = version + 1 WHERE tenant_id = $1 AND id = $2`;

export const OPEN_USAGE_INVOICES = `
  SELECT ${WHOLE}
  FROM billing_invoices i
  WHERE i.tenant_id = $1 AND i.status IN ('pending', 'overdue') AND i.kind = 'usage'
  ORDER BY i.id
  LIMIT $2
  FOR UPDATE OF i`;

export const DUE_STEPS = `
  SELECT ${WHOLE}
  FROM billing_invoices i
  WHERE i.tenant_id = $1 AND i.status IN ('pending', 'overdue') AND i.next_step_at <= $2
  ORDER BY i.next_step_at, i.id
  LIMIT $3
  FOR UPDATE OF i`;

export const BECOME_OVERDUE = `
  UPDATE billing_invoices
  SET status = 'overdue', overdue_at = $3, next_step_at = $4, version = version + 1
  WHERE tenant_id = $1 AND id = $2`;

export const NOTE_REMINDER = `
  UPDATE billing_invoices
  SET reminders = $3, next_step_at = $4, version = version + 1
  WHERE tenant_id = $1 AND id = $2`;

/** What there is to collect from. */
export const AVAILABLE = `
  SELECT current_balance - reserved_balance AS available, status
  FROM billing_wallets
  WHERE tenant_id = $1 AND id = $2`;

/** A frozen wallet is suspended once it thaws. */
export const SUSPEND_WALLET = `
  UPDATE billing_wallets
  SET status = CASE status WHEN 'active' THEN 'suspended' ELSE status END,
      frozen_from = CASE status WHEN 'frozen' THEN 'suspended' ELSE frozen_from END
  WHERE tenant_id = $1 AND id = $2 AND status IN ('active', 'frozen')`;

/** An invoice keeps its wallet suspended when its last reminder was in vain. Only that one leaves an overdue invoice without a next step. */
export const REMINDED_IN_VAIN = `
  SELECT FROM billing_invoices
  WHERE tenant_id = $1 AND status = 'overdue' AND kind = 'usage' AND next_step_at IS NULL`;

export const RESTORE_WALLET = `
  UPDATE billing_wallets
  SET status = CASE status WHEN 'suspended' THEN 'active' ELSE status END,
      frozen_from = CASE frozen_from WHEN 'suspended' THEN 'active' ELSE frozen_from END
  WHERE tenant_id = $1 AND id = $2 AND (status = 'suspended' OR frozen_from = 'suspended')
    AND NOT EXISTS (${REMINDED_IN_VAIN})`;
