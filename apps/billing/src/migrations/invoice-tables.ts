import { tenantIsolation, touchUpdatedAt } from '@leadwire/persistence';

/** What may still change about an invoice that has its number: how it stands, never what it says. */
const CHANGES_AFTER = `ARRAY['status', 'paid_at', 'payment_method', 'overdue_at', 'voided_at', 'reminders', 'next_step_at',
  'collect_tries', 'ledger_transaction_id', 'document_key', 'document_hash', 'metadata', 'version', 'updated_at']`;

// Drafts have no number, and a draft that is given up never gets one.
const INVOICES = [
  `ALTER TABLE billing_invoices ALTER COLUMN invoice_number DROP NOT NULL`,
  `ALTER TABLE billing_invoices
     ADD COLUMN wallet_id uuid NOT NULL,
     ADD COLUMN kind varchar(20) NOT NULL CHECK (kind IN ('usage', 'credit')),
     ADD COLUMN from_seq bigint,
     ADD COLUMN to_seq bigint,
     ADD COLUMN carried_in numeric(20,6) NOT NULL DEFAULT 0,
     ADD COLUMN carried_out numeric(20,6) NOT NULL DEFAULT 0,
     ADD COLUMN prepaid numeric(20,6) NOT NULL DEFAULT 0,
     ADD COLUMN tax_items jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(tax_items) = 'array'),
     ADD COLUMN tax_note text,
     ADD COLUMN seller jsonb,
     ADD COLUMN customer jsonb,
     ADD COLUMN finalised_at timestamptz,
     ADD COLUMN overdue_at timestamptz,
     ADD COLUMN voided_at timestamptz,
     ADD COLUMN next_step_at timestamptz,
     ADD COLUMN reminders smallint NOT NULL DEFAULT 0,
     ADD COLUMN collect_tries int NOT NULL DEFAULT 0,
     ADD COLUMN ledger_transaction_id uuid,
     ADD COLUMN document_key varchar(300),
     ADD COLUMN document_hash bytea,
     ADD COLUMN created_by uuid,
     ADD COLUMN version int NOT NULL DEFAULT 0,
     ADD FOREIGN KEY (tenant_id, wallet_id) REFERENCES billing_wallets (tenant_id, id),
     ADD FOREIGN KEY (tenant_id, ledger_transaction_id) REFERENCES billing_ledger_transactions (tenant_id, id),
     ADD CONSTRAINT invoice_amounts CHECK (subtotal >= 0 AND tax >= 0 AND prepaid BETWEEN 0 AND total),
     ADD CONSTRAINT invoice_final_says_all CHECK (status = 'draft' OR (status = 'voided' AND finalised_at IS NULL)
       OR (invoice_number IS NOT NULL AND finalised_at IS NOT NULL AND seller IS NOT NULL AND customer IS NOT NULL)),
     ADD CONSTRAINT invoice_draft_has_no_number CHECK (finalised_at IS NOT NULL OR invoice_number IS NULL),
     ADD CONSTRAINT invoice_open_has_an_end CHECK (status NOT IN ('pending', 'overdue') OR due_at IS NOT NULL),
     ADD CONSTRAINT invoice_paid_says_how CHECK ((paid_at IS NULL) = (payment_method IS NULL)),
     ADD CONSTRAINT invoice_voided_has_a_time CHECK ((status = 'voided') = (voided_at IS NOT NULL)),
     ADD CONSTRAINT invoice_of_postings CHECK (CASE kind WHEN 'usage' THEN from_seq > 0 AND to_seq >= from_seq
       ELSE from_seq IS NULL AND to_seq IS NULL END),
     ADD CONSTRAINT invoice_each_posting_once EXCLUDE USING gist (wallet_id WITH =, int8range(from_seq, to_seq, '[]') WITH &&)
       WHERE (kind = 'usage' AND status <> 'voided')`,
  `CREATE INDEX billing_invoices_newest ON billing_invoices (tenant_id, id DESC)`,
  `CREATE UNIQUE INDEX billing_invoices_one_usage_draft ON billing_invoices (tenant_id) WHERE status = 'draft' AND kind = 'usage'`,
  `CREATE INDEX billing_invoices_open ON billing_invoices (tenant_id, next_step_at) WHERE status IN ('pending', 'overdue')`,
  `CREATE INDEX billing_invoices_without_document ON billing_invoices (tenant_id)
     WHERE document_key IS NULL AND finalised_at IS NOT NULL`,
  `CREATE INDEX billing_invoices_by_posting ON billing_invoices (tenant_id, ledger_transaction_id)
     WHERE ledger_transaction_id IS NOT NULL`,
  `CREATE FUNCTION guard_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     IF TG_OP = 'DELETE' THEN
       IF OLD.status <> 'draft' THEN RAISE EXCEPTION 'only drafts are deleted' USING ERRCODE = '42501'; END IF;
       RETURN OLD;
     END IF;
     IF OLD.status <> 'draft' AND to_jsonb(OLD) - ${CHANGES_AFTER} <> to_jsonb(NEW) - ${CHANGES_AFTER} THEN
       RAISE EXCEPTION 'what an invoice says never changes: write a credit note instead' USING ERRCODE = '42501';
     END IF;
     IF OLD.paid_at IS NOT NULL AND (NEW.paid_at, NEW.payment_method) IS DISTINCT FROM (OLD.paid_at, OLD.payment_method) THEN
       RAISE EXCEPTION 'a payment stays as it was noted' USING ERRCODE = '42501';
     END IF;
     IF OLD.document_hash IS NOT NULL AND NEW.document_hash IS DISTINCT FROM OLD.document_hash THEN
       RAISE EXCEPTION 'a document is made once' USING ERRCODE = '42501';
     END IF;
     IF NEW.status <> OLD.status AND OLD.status || '>' || NEW.status NOT IN ('draft>pending', 'draft>paid', 'draft>voided',
         'pending>paid', 'pending>overdue', 'pending>voided', 'overdue>paid', 'overdue>voided') THEN
       RAISE EXCEPTION 'an invoice does not go from % to %', OLD.status, NEW.status USING ERRCODE = '42501';
     END IF;
     RETURN NEW;
   END $$`,
  `CREATE TRIGGER guard_invoice BEFORE UPDATE OR DELETE ON billing_invoices FOR EACH ROW EXECUTE FUNCTION guard_invoice()`,
];

const CREDIT_NOTES = [
  `CREATE TABLE billing_credit_notes (
     id uuid PRIMARY KEY,
     tenant_id uuid NOT NULL,
     invoice_id uuid NOT NULL,
     credit_note_number varchar(40) NOT NULL,
     subtotal numeric(20,6) NOT NULL CHECK (subtotal >= 0),
     tax numeric(20,6) NOT NULL CHECK (tax >= 0),
     total numeric(20,6) NOT NULL CHECK (total > 0 AND total = subtotal + tax),
     currency varchar(3) NOT NULL,
     reason varchar(500) NOT NULL,
     line_items jsonb NOT NULL CHECK (jsonb_typeof(line_items) = 'array'),
     tax_items jsonb NOT NULL CHECK (jsonb_typeof(tax_items) = 'array'),
     seller jsonb NOT NULL,
     customer jsonb NOT NULL,
     ledger_transaction_id uuid NOT NULL,
     document_key varchar(300),
     document_hash bytea,
     created_at timestamptz NOT NULL,
     UNIQUE (tenant_id, id),
     UNIQUE (tenant_id, credit_note_number),
     FOREIGN KEY (tenant_id, invoice_id) REFERENCES billing_invoices (tenant_id, id),
     FOREIGN KEY (tenant_id, ledger_transaction_id) REFERENCES billing_ledger_transactions (tenant_id, id)
   )`,
  `CREATE INDEX billing_credit_notes_by_invoice ON billing_credit_notes (tenant_id, invoice_id)`,
  `CREATE INDEX billing_credit_notes_newest ON billing_credit_notes (tenant_id, id DESC)`,
  `CREATE INDEX billing_credit_notes_by_posting ON billing_credit_notes (tenant_id, ledger_transaction_id)`,
  `CREATE INDEX billing_credit_notes_without_document ON billing_credit_notes (tenant_id) WHERE document_key IS NULL`,
  ...tenantIsolation('billing_credit_notes'),
  `COMMENT ON TABLE billing_credit_notes IS
     'What was given back of a paid invoice, in a series of numbers of its own. Never changed, but for its document when that is made.'`,
  `CREATE FUNCTION guard_credit_note() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     IF TG_OP = 'UPDATE' AND OLD.document_key IS NULL
       AND to_jsonb(OLD) - ARRAY['document_key', 'document_hash'] = to_jsonb(NEW) - ARRAY['document_key', 'document_hash'] THEN
       RETURN NEW;
     END IF;
     RAISE EXCEPTION 'a credit note never changes' USING ERRCODE = '42501';
   END $$`,
  `CREATE TRIGGER guard_credit_note BEFORE UPDATE OR DELETE ON billing_credit_notes
     FOR EACH ROW EXECUTE FUNCTION guard_credit_note()`,
];

// A sequence would leave gaps where a transaction is rolled back: the counter is a row, changed by the transaction that uses it.
const NUMBERS = [
  `CREATE TABLE billing_number_series (
     tenant_id uuid NOT NULL,
     series varchar(20) NOT NULL CHECK (series IN ('invoice', 'credit_note')),
     last_number int NOT NULL CHECK (last_number > 0),
     PRIMARY KEY (tenant_id, series)
   )`,
  ...tenantIsolation('billing_number_series'),
  `COMMENT ON TABLE billing_number_series IS 'The last number given out in each series of a tenant: 1, 2, 3 … without a gap.'`,
];

const CUSTOMERS = [
  `CREATE TABLE billing_details (
     tenant_id uuid PRIMARY KEY,
     number_prefix varchar(8) NOT NULL UNIQUE,
     team_name varchar(200),
     team_version bigint NOT NULL DEFAULT 0,
     company varchar(200),
     address_line1 varchar(200),
     address_line2 varchar(200),
     postal_code varchar(20),
     city varchar(120),
     region varchar(120),
     country varchar(2) CHECK (country ~ '^[A-Z]{2}$'),
     vat_id varchar(20),
     purchase_order varchar(60),
     tax_exempt boolean NOT NULL DEFAULT false,
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now()
   )`,
  ...tenantIsolation('billing_details'),
  touchUpdatedAt('billing_details'),
  `COMMENT ON TABLE billing_details IS
     'Who invoices of a tenant are made out to. An invoice takes a copy: later changes change no invoice.'`,
];

// The platform's own, and nobody's secret: every tenant's invoices are taxed by it.
const TAX_RATES = [
  `CREATE TABLE billing_tax_rates (
     id uuid PRIMARY KEY,
     name varchar(60) NOT NULL,
     percent numeric(7,4) NOT NULL CHECK (percent BETWEEN 0 AND 100),
     country varchar(2) NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
     region varchar(120),
     valid_from timestamptz NOT NULL,
     valid_to timestamptz CHECK (valid_to > valid_from),
     created_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT one_tax_rate_at_a_time EXCLUDE USING gist (
       country WITH =, (coalesce(region, '')) WITH =, name WITH =, tstzrange(valid_from, valid_to) WITH &&)
   )`,
  `COMMENT ON TABLE billing_tax_rates IS
     'Taxes by country and region with their validity; several may apply at once, each on the subtotal. Operators keep it.'`,
  `REVOKE UPDATE, DELETE ON billing_tax_rates FROM billing_app`,
  `GRANT UPDATE (valid_to) ON billing_tax_rates TO billing_app`,
];

// Says which tenants have something to be done about invoices, so that whoever looks need not see into all tenants. It holds
// nothing of a tenant but moments, which is why the service may read all of it.
const UPKEEP = [
  `CREATE TABLE invoice_upkeep (
     tenant_id uuid PRIMARY KEY,
     closes_at timestamptz,
     next_step_at timestamptz,
     document_due_at timestamptz,
     retry_at timestamptz NOT NULL DEFAULT '-infinity',
     due_at timestamptz GENERATED ALWAYS AS (least(closes_at, next_step_at, document_due_at)) STORED
   ) WITH (fillfactor = 70)`,
  `CREATE INDEX invoice_upkeep_due ON invoice_upkeep (due_at)`,
  `ALTER TABLE invoice_upkeep ENABLE ROW LEVEL SECURITY`,
  `ALTER TABLE invoice_upkeep FORCE ROW LEVEL SECURITY`,
  `CREATE POLICY every_tenant ON invoice_upkeep TO billing_app USING (true) WITH CHECK (true)`,
  `COMMENT ON TABLE invoice_upkeep IS
     'When the next period of a tenant closes, the next step of an open invoice is due, and a document waits to be made.'`,
];

export const INVOICE_TABLES = [
  ...INVOICES,
  ...CREDIT_NOTES,
  ...NUMBERS,
  ...CUSTOMERS,
  ...TAX_RATES,
  ...UPKEEP,
];
