/** A few at a time: each is made and stored before the next. */
export const INVOICES_WITHOUT_DOCUMENT = `
  SELECT id FROM billing_invoices
  WHERE tenant_id = $1 AND document_key IS NULL AND finalised_at IS NOT NULL
  ORDER BY id
  LIMIT $2`;

export const CREDIT_NOTES_WITHOUT_DOCUMENT = `
  SELECT id FROM billing_credit_notes
  WHERE tenant_id = $1 AND document_key IS NULL
  ORDER BY id
  LIMIT $2`;

/** Until the transaction ends, nobody else stores the document; no row where it is stored already. */
export const TAKE_INVOICE_DOCUMENT = `
  SELECT id FROM billing_invoices
  WHERE tenant_id = $1 AND id = $2 AND document_key IS NULL
  FOR UPDATE`;

export const TAKE_CREDIT_NOTE_DOCUMENT = `
  SELECT id FROM billing_credit_notes
  WHERE tenant_id = $1 AND id = $2 AND document_key IS NULL
  FOR UPDATE`;

export const KEEP_INVOICE_DOCUMENT = `
  UPDATE billing_invoices
  SET document_key = $3, document_hash = $4, version = version + 1
  WHERE tenant_id = $1 AND id = $2`;

export const KEEP_CREDIT_NOTE_DOCUMENT = `
  UPDATE billing_credit_notes
  SET document_key = $3, document_hash = $4
  WHERE tenant_id = $1 AND id = $2`;
