const COLUMNS = `
  n.id, n.credit_note_number AS number, n.invoice_id AS "invoiceId", i.invoice_number AS "invoiceNumber", n.currency, n.subtotal, n.tax,
  n.total, n.reason, n.ledger_transaction_id AS "ledgerTransactionId", n.created_at AS "createdAt"`;

const FROM = `
  FROM billing_credit_notes n
  JOIN billing_invoices i ON i.tenant_id = n.tenant_id AND i.id = n.invoice_id`;

export const FIND_CREDIT_NOTE = `
  SELECT ${COLUMNS}, n.line_items AS lines, n.tax_items AS taxes, n.seller, n.customer, n.document_key AS "documentKey",
    encode(n.document_hash, 'hex') AS "documentHash"
  ${FROM}
  WHERE n.tenant_id = $1 AND n.id = $2`;

/** Newest first. `$3`: the one that the last page ended with, `$4`: of one invoice. */
export const LIST_CREDIT_NOTES = `
  SELECT ${COLUMNS}
  ${FROM}
  WHERE n.tenant_id = $1 AND ($3::uuid IS NULL OR n.id < $3) AND ($4::uuid IS NULL OR n.invoice_id = $4)
  ORDER BY n.id DESC
  LIMIT $2`;

export const INSERT_CREDIT_NOTE = `
  INSERT INTO billing_credit_notes (id, tenant_id, invoice_id, credit_note_number, subtotal, tax, total, currency, reason, line_items,
    tax_items, seller, customer, ledger_transaction_id, created_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`;

/** What of an invoice, and of each of its taxes, was credited so far. */
export const CREDITED_SO_FAR = `
  SELECT coalesce(sum(subtotal), 0)::text AS subtotal, coalesce(sum(tax), 0)::text AS tax
  FROM billing_credit_notes
  WHERE tenant_id = $1 AND invoice_id = $2`;

export const CREDITED_TAXES = `
  SELECT item ->> 'name' AS name, sum((item ->> 'amount')::numeric)::text AS amount
  FROM billing_credit_notes n
  CROSS JOIN LATERAL jsonb_array_elements(n.tax_items) item
  WHERE n.tenant_id = $1 AND n.invoice_id = $2
  GROUP BY 1`;
