import { tenantIsolation, touchUpdatedAt } from '@leadwire/persistence';

const WALLETS = [
  `ALTER TABLE billing_wallets
     ADD COLUMN head_hash bytea,
     ADD COLUMN last_posted_at timestamptz,
     ADD COLUMN frozen_at timestamptz,
     ADD COLUMN frozen_reason varchar(500)`,
  `ALTER TABLE billing_wallets DROP CONSTRAINT billing_wallets_status_check`,
  `ALTER TABLE billing_wallets ADD CONSTRAINT billing_wallets_status_check
     CHECK (status IN ('active', 'frozen', 'suspended', 'closed'))`,
  `ALTER TABLE billing_wallets ADD CONSTRAINT billing_wallets_frozen_says_why
     CHECK ((status = 'frozen') = (frozen_at IS NOT NULL) AND (frozen_at IS NULL) = (frozen_reason IS NULL))`,
];

// Drained in the order of the index: priority, then what ends first, then what came first.
const LOTS = [
  `CREATE TABLE billing_credit_lots (
     id uuid PRIMARY KEY,
     tenant_id uuid NOT NULL,
     wallet_id uuid NOT NULL,
     wallet_seq bigint NOT NULL,
     source varchar(20) NOT NULL CHECK (source IN ('prepaid', 'granted', 'promotional')),
     priority smallint NOT NULL CHECK (priority BETWEEN 0 AND 100),
     granted numeric(20,6) NOT NULL CHECK (granted > 0),
     remaining numeric(20,6) NOT NULL,
     expires_at timestamptz,
     created_at timestamptz NOT NULL DEFAULT now(),
     UNIQUE (tenant_id, id),
     UNIQUE (wallet_id, wallet_seq),
     FOREIGN KEY (tenant_id, wallet_id) REFERENCES billing_wallets (tenant_id, id),
     CONSTRAINT lot_never_overdrawn CHECK (remaining BETWEEN 0 AND granted)
   ) WITH (fillfactor = 70)`,
  `CREATE INDEX billing_credit_lots_to_drain
     ON billing_credit_lots (wallet_id, priority, expires_at, wallet_seq) WHERE remaining > 0`,
  `CREATE INDEX billing_credit_lots_to_expire
     ON billing_credit_lots (wallet_id, expires_at) WHERE remaining > 0 AND expires_at IS NOT NULL`,
  `COMMENT ON TABLE billing_credit_lots IS
     'Money by where it came from: one lot for each posting that adds. A debit drains them by priority, expiry, age.'`,
  // No foreign key to the posting: its check would cost as much as the row, only post_batch() can write here, and the
  // audit compares both sides.
  `CREATE TABLE lot_consumptions (
     tenant_id uuid NOT NULL,
     wallet_id uuid NOT NULL,
     wallet_seq bigint NOT NULL,
     lot_id uuid NOT NULL,
     amount numeric(20,6) NOT NULL CHECK (amount <> 0),
     PRIMARY KEY (wallet_id, wallet_seq, lot_id),
     FOREIGN KEY (tenant_id, lot_id) REFERENCES billing_credit_lots (tenant_id, id)
   )`,
  `COMMENT ON TABLE lot_consumptions IS 'Which lots a posting took from, by its place in the wallet; negative for what a reversal gave back to them.'`,
];

// A budget holds money of the wallet; what is drawn from it (parent_id) is held by the budget already.
const RESERVATIONS = [
  `CREATE TABLE billing_reservations (
     id uuid PRIMARY KEY,
     tenant_id uuid NOT NULL,
     wallet_id uuid NOT NULL,
     parent_id uuid,
     authorized numeric(20,6) NOT NULL CHECK (authorized > 0),
     captured numeric(20,6) NOT NULL DEFAULT 0 CHECK (captured >= 0),
     released numeric(20,6) NOT NULL DEFAULT 0 CHECK (released >= 0),
     allotted numeric(20,6) NOT NULL DEFAULT 0 CHECK (allotted >= 0),
     status varchar(20) NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'captured', 'released', 'expired')),
     purpose varchar(200),
     created_by uuid,
     expires_at timestamptz NOT NULL,
     ended_at timestamptz,
     created_at timestamptz NOT NULL,
     updated_at timestamptz NOT NULL DEFAULT now(),
     UNIQUE (tenant_id, id),
     FOREIGN KEY (tenant_id, wallet_id) REFERENCES billing_wallets (tenant_id, id),
     FOREIGN KEY (tenant_id, parent_id) REFERENCES billing_reservations (tenant_id, id),
     CONSTRAINT reservation_within_authorized CHECK (captured + released + allotted <= authorized),
     CONSTRAINT reservation_ends_whole CHECK (status = 'open' OR (captured + released = authorized AND allotted = 0)),
     CONSTRAINT reservation_end_has_a_time CHECK ((status = 'open') = (ended_at IS NULL))
   ) WITH (fillfactor = 70)`,
  `CREATE INDEX billing_reservations_to_expire ON billing_reservations (wallet_id, expires_at) WHERE status = 'open'`,
  `CREATE INDEX billing_reservations_by_parent ON billing_reservations (tenant_id, parent_id, id) WHERE parent_id IS NOT NULL`,
  touchUpdatedAt('billing_reservations'),
  `COMMENT ON TABLE billing_reservations IS
     'Money that is held for something under way. A budget (no parent) holds money of the wallet; others draw from a budget.'`,
];

const ANSWERS = [
  `CREATE TABLE billing_refusals (
     tenant_id uuid NOT NULL,
     idempotency_key varchar(300) NOT NULL,
     wallet_id uuid NOT NULL,
     request_hash bytea NOT NULL,
     outcome varchar(20) NOT NULL,
     available numeric(20,6),
     detail jsonb,
     created_at timestamptz NOT NULL,
     PRIMARY KEY (tenant_id, idempotency_key),
     FOREIGN KEY (tenant_id, wallet_id) REFERENCES billing_wallets (tenant_id, id)
   )`,
  `COMMENT ON TABLE billing_refusals IS
     'Commands that were refused, for ever: the same key never gets another answer. Those that were posted are in the ledger.'`,
  `CREATE TABLE billing_accounts (
     tenant_id uuid NOT NULL,
     currency varchar(3) NOT NULL,
     account varchar(20) NOT NULL CHECK (account IN ('cash', 'promotions', 'revenue', 'breakage', 'adjustments', 'tax')),
     balance numeric(20,6) NOT NULL DEFAULT 0,
     PRIMARY KEY (tenant_id, currency, account)
   ) WITH (fillfactor = 50)`,
  `COMMENT ON TABLE billing_accounts IS
     'The other side of every posting: with the wallets, the accounts of a currency sum up to zero.'`,
  `ALTER TABLE billing_usage_events ADD COLUMN request_hash bytea`,
];

// Says which wallets have something to expire or to audit, so that whoever looks need not see into all tenants. It holds
// nothing of a tenant but numbers, which is why the service may read all of it.
const UPKEEP = [
  `CREATE TABLE wallet_upkeep (
     wallet_id uuid PRIMARY KEY,
     tenant_id uuid NOT NULL,
     last_seq bigint NOT NULL,
     expires_next timestamptz,
     audited_seq bigint NOT NULL DEFAULT 0,
     audited_hash bytea,
     audited_at timestamptz NOT NULL DEFAULT '-infinity'
   ) WITH (fillfactor = 50)`,
  `CREATE INDEX wallet_upkeep_expiring ON wallet_upkeep (expires_next) WHERE expires_next IS NOT NULL`,
  `COMMENT ON TABLE wallet_upkeep IS 'When something of a wallet next expires, and how far its ledger was audited.'`,
];

const LEDGER_COLUMNS = [
  `ALTER TABLE billing_ledger_transactions
     ADD COLUMN reserved_amount numeric(20,6) NOT NULL DEFAULT 0,
     ADD COLUMN reserved_before numeric(20,6) NOT NULL DEFAULT 0,
     ADD COLUMN reserved_after numeric(20,6) NOT NULL DEFAULT 0,
     ADD COLUMN counter_account varchar(20),
     ADD COLUMN reservation_id uuid,
     ADD COLUMN hash bytea`,
  `ALTER TABLE billing_ledger_transactions DROP CONSTRAINT billing_ledger_transactions_transaction_type_check`,
  `ALTER TABLE billing_ledger_transactions DROP CONSTRAINT billing_ledger_transactions_reference_type_check`,
  `ALTER TABLE billing_ledger_transactions DROP CONSTRAINT ledger_sign`,
  `ALTER TABLE billing_ledger_transactions
     ADD CONSTRAINT ledger_reference CHECK (reference_type IN
       ('usage_event', 'invoice', 'manual', 'stripe_payment', 'trial', 'reservation', 'credit_lot', 'credit_note')),
     ADD CONSTRAINT ledger_reserved_adds_up CHECK (reserved_after = reserved_before + reserved_amount AND reserved_after >= 0),
     ADD CONSTRAINT ledger_never_overdrawn CHECK (balance_after >= reserved_after),
     ADD CONSTRAINT ledger_sign CHECK (CASE transaction_type
       WHEN 'topup' THEN amount > 0 AND reserved_amount = 0
       WHEN 'credit' THEN amount > 0 AND reserved_amount = 0
       WHEN 'reversal' THEN amount >= 0 AND reserved_amount = 0
       WHEN 'debit' THEN amount <= 0 AND reserved_amount <= 0
       WHEN 'adjustment' THEN amount <> 0 AND reserved_amount = 0
       WHEN 'reservation' THEN amount = 0 AND reserved_amount >= 0
       WHEN 'release' THEN amount = 0 AND reserved_amount <= 0
       WHEN 'expiry' THEN amount < 0 AND reserved_amount = 0
       WHEN 'refund' THEN amount < 0 AND reserved_amount = 0
       WHEN 'reinstatement' THEN amount > 0 AND reserved_amount = 0
       ELSE false END)`,
];

/** After the rows that exist were filled in. */
const LEDGER_RULES = [
  `ALTER TABLE billing_ledger_transactions
     ALTER COLUMN hash SET NOT NULL,
     ALTER COLUMN counter_account SET NOT NULL,
     ADD CONSTRAINT ledger_counter_account CHECK (counter_account =
       CASE transaction_type
         WHEN 'topup' THEN 'cash'
         WHEN 'credit' THEN CASE reference_type WHEN 'invoice' THEN 'tax' WHEN 'credit_note' THEN 'revenue' ELSE 'promotions' END
         WHEN 'debit' THEN CASE reference_type WHEN 'invoice' THEN 'tax' ELSE 'revenue' END
         WHEN 'reversal' THEN 'revenue'
         WHEN 'adjustment' THEN 'adjustments'
         WHEN 'expiry' THEN 'breakage'
         WHEN 'refund' THEN 'cash'
         WHEN 'reinstatement' THEN 'cash'
         ELSE 'held' END),
     ADD CONSTRAINT ledger_reservation FOREIGN KEY (tenant_id, reservation_id) REFERENCES billing_reservations (tenant_id, id)`,
];

// A key must be found by its own index. Where every tenant has few rows, or none yet, an index that only starts with the tenant
// looks just as good, and a plan that is kept would then read all of a tenant for each key: so tenants are counted as few, and
// among equals the planner takes the index that was made last. A test holds the plan.
const KEY_LOOKUPS = ['billing_ledger_transactions', 'billing_usage_events'].flatMap((table) => [
  `ALTER TABLE ${table} DROP CONSTRAINT ${table}_tenant_id_idempotency_key_key`,
  `ALTER TABLE ${table} ADD CONSTRAINT ${table}_one_for_a_key UNIQUE (tenant_id, idempotency_key)`,
  `ALTER TABLE ${table} ALTER COLUMN tenant_id SET (n_distinct = 10)`,
]);

const CORE_ONLY = [
  'billing_credit_lots',
  'lot_consumptions',
  'billing_reservations',
  'billing_refusals',
  'billing_accounts',
];

// Only post_batch() moves money: the service's own role can read what it did, no more.
const GRANTS = [
  ...CORE_ONLY.flatMap((table) => tenantIsolation(table)),
  ...CORE_ONLY.map((table) => `REVOKE INSERT, UPDATE, DELETE ON ${table} FROM billing_app`),
  `REVOKE INSERT ON billing_ledger_transactions FROM billing_app`,
  `REVOKE INSERT, UPDATE, DELETE ON billing_wallets FROM billing_app`,
  `GRANT INSERT (id, tenant_id, currency, low_balance_threshold) ON billing_wallets TO billing_app`,
  `GRANT UPDATE (low_balance_threshold, low_balance_notified_at, exhausted_at, event_version, status, frozen_at,
     frozen_reason, metadata) ON billing_wallets TO billing_app`,
  `REVOKE INSERT, UPDATE, DELETE ON billing_usage_events FROM billing_app`,
  `REVOKE INSERT, DELETE ON wallet_upkeep FROM billing_app`,
  `ALTER TABLE wallet_upkeep ENABLE ROW LEVEL SECURITY`,
  `ALTER TABLE wallet_upkeep FORCE ROW LEVEL SECURITY`,
  `CREATE POLICY every_tenant ON wallet_upkeep TO billing_app, billing_owner USING (true) WITH CHECK (true)`,
  ...['billing_refusals', 'lot_consumptions'].map(
    (table) => `CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ${table}
                FOR EACH ROW EXECUTE FUNCTION refuse_change()`,
  ),
];

export const BEFORE_REPLAY = [...WALLETS, ...LOTS, ...RESERVATIONS, ...ANSWERS, ...UPKEEP, ...LEDGER_COLUMNS];
export const AFTER_REPLAY = [...LEDGER_RULES, ...KEY_LOOKUPS, ...GRANTS];
