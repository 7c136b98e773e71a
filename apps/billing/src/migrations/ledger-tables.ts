import { tenantIsolation, touchUpdatedAt } from '@leadwire/persistence';

// Half-empty pages and no index on what changes: each posting updates the wallet's row in place (HOT).
const WALLETS = [
  `CREATE TABLE billing_wallets (
     id uuid PRIMARY KEY,
     tenant_id uuid NOT NULL,
     user_id uuid,
     current_balance numeric(20,6) NOT NULL DEFAULT 0,
     reserved_balance numeric(20,6) NOT NULL DEFAULT 0,
     currency varchar(3) NOT NULL,
     status varchar(20) NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended', 'closed')),
     low_balance_threshold numeric(20,6) CHECK (low_balance_threshold >= 0),
     low_balance_notified_at timestamptz,
     exhausted_at timestamptz,
     last_seq bigint NOT NULL DEFAULT 0,
     event_version bigint NOT NULL DEFAULT 0,
     metadata jsonb NOT NULL DEFAULT '{}',
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     UNIQUE (tenant_id, id),
     CONSTRAINT billing_wallets_one_each UNIQUE NULLS NOT DISTINCT (tenant_id, user_id),
     CONSTRAINT billing_wallets_never_overdrawn CHECK (reserved_balance >= 0 AND current_balance >= reserved_balance)
   ) WITH (fillfactor = 50)`,
  ...tenantIsolation('billing_wallets'),
  touchUpdatedAt('billing_wallets'),
];

const LEDGER = [
  `CREATE TABLE billing_ledger_transactions (
     id uuid PRIMARY KEY,
     tenant_id uuid NOT NULL,
     wallet_id uuid NOT NULL,
     wallet_seq bigint NOT NULL CHECK (wallet_seq > 0),
     transaction_type varchar(20) NOT NULL
       CHECK (transaction_type IN ('topup', 'debit', 'credit', 'adjustment', 'reservation', 'release')),
     amount numeric(20,6) NOT NULL,
     balance_before numeric(20,6) NOT NULL,
     balance_after numeric(20,6) NOT NULL,
     reference_type varchar(30) NOT NULL
       CHECK (reference_type IN ('usage_event', 'invoice', 'manual', 'stripe_payment', 'trial')),
     reference_id uuid,
     idempotency_key varchar(300) NOT NULL,
     request_hash bytea NOT NULL,
     created_by uuid,
     description text,
     metadata jsonb NOT NULL DEFAULT '{}',
     created_at timestamptz NOT NULL DEFAULT now(),
     UNIQUE (tenant_id, id),
     UNIQUE (tenant_id, idempotency_key),
     UNIQUE (wallet_id, wallet_seq),
     FOREIGN KEY (tenant_id, wallet_id) REFERENCES billing_wallets (tenant_id, id),
     CONSTRAINT ledger_adds_up CHECK (balance_after = balance_before + amount),
     CONSTRAINT ledger_sign CHECK (
       (transaction_type = 'debit' AND amount <= 0)
       OR (transaction_type IN ('topup', 'credit') AND amount > 0)
       OR transaction_type IN ('adjustment', 'reservation', 'release'))
   )`,
  `CREATE INDEX billing_ledger_by_reference ON billing_ledger_transactions (tenant_id, reference_id, wallet_seq)
   WHERE reference_id IS NOT NULL`,
  // Debits are nearly all there is; the few others would be a needle in them.
  `CREATE INDEX billing_ledger_not_debits ON billing_ledger_transactions (wallet_id, wallet_seq)
   WHERE transaction_type <> 'debit'`,
  ...tenantIsolation('billing_ledger_transactions'),
  `REVOKE UPDATE, DELETE ON billing_ledger_transactions FROM billing_app`,
  `CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
   $$ BEGIN RAISE EXCEPTION 'the ledger is append-only: post a correction instead' USING ERRCODE = '42501'; END $$`,
  `CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON billing_ledger_transactions
   FOR EACH ROW EXECUTE FUNCTION refuse_change()`,
  `CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON billing_ledger_transactions
   FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`,
];

const USAGE = [
  `CREATE TABLE billing_usage_events (
     id uuid PRIMARY KEY,
     tenant_id uuid NOT NULL,
     wallet_id uuid NOT NULL,
     user_id uuid,
     feature_key varchar(60) NOT NULL,
     usage_items jsonb NOT NULL CHECK (jsonb_typeof(usage_items) = 'array'),
     total_quantity numeric(20,6) NOT NULL CHECK (total_quantity >= 0),
     total_cost numeric(20,6) NOT NULL CHECK (total_cost >= 0),
     currency varchar(3) NOT NULL,
     status varchar(20) NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'charged', 'voided', 'failed')),
     ledger_transaction_id uuid UNIQUE,
     charged_at timestamptz,
     idempotency_key varchar(300) NOT NULL,
     external_reference_id varchar(200),
     error_message text,
     retry_count int NOT NULL DEFAULT 0,
     occurred_at timestamptz NOT NULL,
     metadata jsonb NOT NULL DEFAULT '{}',
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     UNIQUE (tenant_id, id),
     UNIQUE (tenant_id, idempotency_key),
     FOREIGN KEY (tenant_id, wallet_id) REFERENCES billing_wallets (tenant_id, id),
     FOREIGN KEY (tenant_id, ledger_transaction_id) REFERENCES billing_ledger_transactions (tenant_id, id),
     CONSTRAINT usage_charged_means_debited CHECK (
       (status = 'charged') = (ledger_transaction_id IS NOT NULL)
       AND (status = 'charged') = (charged_at IS NOT NULL))
   )`,
  `CREATE INDEX billing_usage_by_time ON billing_usage_events (tenant_id, occurred_at, id)`,
  `CREATE INDEX billing_usage_pending ON billing_usage_events (tenant_id, occurred_at, id) WHERE status = 'pending'`,
  ...tenantIsolation('billing_usage_events'),
  touchUpdatedAt('billing_usage_events'),
];

// Says which tenants have funds and waiting usage, so that whoever sweeps need not see into all tenants. It holds nothing of a
// tenant but its id, which is why the service may read all of it.
const CHARGE_QUEUE = [
  `CREATE TABLE charge_queue (
     tenant_id uuid PRIMARY KEY,
     due_at timestamptz NOT NULL DEFAULT clock_timestamp()
   )`,
  `CREATE INDEX charge_queue_due ON charge_queue (due_at)`,
  `ALTER TABLE charge_queue ENABLE ROW LEVEL SECURITY`,
  `ALTER TABLE charge_queue FORCE ROW LEVEL SECURITY`,
  `CREATE POLICY every_tenant ON charge_queue TO billing_app USING (true) WITH CHECK (true)`,
];

export const LEDGER_TABLES = [...WALLETS, ...LEDGER, ...USAGE, ...CHARGE_QUEUE];
