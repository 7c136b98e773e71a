import { tenantIsolation, touchUpdatedAt } from '@leadwire/persistence';

const TOP_UPS = [
  `CREATE TABLE billing_top_ups (
     id uuid PRIMARY KEY,
     tenant_id uuid NOT NULL,
     wallet_id uuid NOT NULL,
     origin varchar(20) NOT NULL CHECK (origin IN ('checkout', 'automatic')),
     status varchar(20) NOT NULL DEFAULT 'created'
       CHECK (status IN ('created', 'pending', 'succeeded', 'failed', 'expired', 'canceled', 'refunded', 'disputed')),
     amount numeric(20,6) NOT NULL CHECK (amount > 0),
     currency varchar(3) NOT NULL,
     refunded numeric(20,6) NOT NULL DEFAULT 0 CHECK (refunded >= 0),
     disputed numeric(20,6) NOT NULL DEFAULT 0 CHECK (disputed >= 0),
     request_key varchar(300),
     attempt smallint NOT NULL DEFAULT 1 CHECK (attempt > 0),
     saves_method boolean NOT NULL DEFAULT false,
     customer_id varchar(255) NOT NULL,
     session_id varchar(255) UNIQUE,
     payment_intent_id varchar(255) UNIQUE,
     payment_method_id varchar(255),
     checkout_url text,
     failure_code varchar(100),
     ledger_transaction_id uuid UNIQUE,
     created_by uuid,
     expires_at timestamptz,
     paid_at timestamptz,
     created_at timestamptz NOT NULL,
     updated_at timestamptz NOT NULL DEFAULT now(),
     UNIQUE (tenant_id, id),
     UNIQUE (tenant_id, request_key),
     FOREIGN KEY (tenant_id, wallet_id) REFERENCES billing_wallets (tenant_id, id),
     FOREIGN KEY (tenant_id, ledger_transaction_id) REFERENCES billing_ledger_transactions (tenant_id, id),
     CONSTRAINT top_up_paid_means_posted CHECK (
       (status IN ('succeeded', 'refunded', 'disputed')) = (ledger_transaction_id IS NOT NULL)
       AND (paid_at IS NOT NULL) = (ledger_transaction_id IS NOT NULL)
       AND (ledger_transaction_id IS NULL OR payment_intent_id IS NOT NULL))
   )`,
  `CREATE INDEX billing_top_ups_by_time ON billing_top_ups (tenant_id, created_at, id)`,
  `CREATE UNIQUE INDEX billing_top_ups_one_automatic ON billing_top_ups (tenant_id)
     WHERE origin = 'automatic' AND status IN ('created', 'pending')`,
  `CREATE INDEX billing_top_ups_automatic ON billing_top_ups (tenant_id, created_at) WHERE origin = 'automatic'`,
  `COMMENT ON TABLE billing_top_ups IS
     'Payments that top a wallet up: one for each payment intent at the provider, whatever became of it.'`,

  `CREATE TABLE billing_payment_reversals (
     id uuid PRIMARY KEY,
     tenant_id uuid NOT NULL,
     wallet_id uuid NOT NULL,
     top_up_id uuid NOT NULL,
     kind varchar(20) NOT NULL CHECK (kind IN ('refund', 'dispute')),
     provider_id varchar(255) NOT NULL UNIQUE,
     amount numeric(20,6) NOT NULL CHECK (amount > 0),
     taken numeric(20,6) NOT NULL DEFAULT 0 CHECK (taken >= 0),
     waived numeric(20,6) NOT NULL DEFAULT 0 CHECK (waived >= 0),
     returned numeric(20,6) NOT NULL DEFAULT 0 CHECK (returned >= 0),
     undone boolean NOT NULL DEFAULT false,
     created_at timestamptz NOT NULL,
     updated_at timestamptz NOT NULL DEFAULT now(),
     UNIQUE (tenant_id, id),
     FOREIGN KEY (tenant_id, wallet_id) REFERENCES billing_wallets (tenant_id, id),
     FOREIGN KEY (tenant_id, top_up_id) REFERENCES billing_top_ups (tenant_id, id),
     CONSTRAINT reversal_takes_no_more CHECK (taken + waived <= amount AND returned <= taken),
     CONSTRAINT reversal_undone_whole CHECK (NOT undone OR (taken + waived = amount AND returned = taken))
   )`,
  `CREATE INDEX billing_payment_reversals_owed ON billing_payment_reversals (tenant_id, created_at, id)
     WHERE taken + waived < amount`,
  `CREATE INDEX billing_payment_reversals_by_top_up ON billing_payment_reversals (tenant_id, top_up_id)`,
  `COMMENT ON TABLE billing_payment_reversals IS
     'Refunds and disputes. What the wallet could not give back at once (amount - taken - waived) is a debt that money paid in later pays first.'`,
];

const CARDS = [
  `CREATE TABLE billing_customers (
     tenant_id uuid PRIMARY KEY,
     provider_id varchar(255) NOT NULL UNIQUE,
     created_at timestamptz NOT NULL DEFAULT now()
   )`,
  `COMMENT ON TABLE billing_customers IS 'The tenant as the payment provider knows it.'`,
  `CREATE TABLE billing_payment_methods (
     id uuid PRIMARY KEY,
     tenant_id uuid NOT NULL,
     provider_id varchar(255) NOT NULL UNIQUE,
     kind varchar(40) NOT NULL,
     brand varchar(40),
     last4 varchar(4),
     expires_month smallint CHECK (expires_month BETWEEN 1 AND 12),
     expires_year smallint,
     is_default boolean NOT NULL DEFAULT false,
     created_at timestamptz NOT NULL,
     updated_at timestamptz NOT NULL DEFAULT now(),
     UNIQUE (tenant_id, id)
   )`,
  `CREATE UNIQUE INDEX billing_payment_methods_one_default ON billing_payment_methods (tenant_id) WHERE is_default`,
  `COMMENT ON TABLE billing_payment_methods IS
     'Cards that may be charged without anybody at the browser. The provider has the numbers; we know how they look.'`,
];

const AUTO_TOP_UPS = [
  `CREATE TABLE billing_auto_top_ups (
     tenant_id uuid PRIMARY KEY,
     enabled boolean NOT NULL,
     threshold numeric(20,6) NOT NULL CHECK (threshold >= 0),
     amount numeric(20,6) NOT NULL CHECK (amount > 0),
     monthly_cap numeric(20,6) NOT NULL,
     payment_method_id uuid,
     declines int NOT NULL DEFAULT 0 CHECK (declines >= 0),
     declined_at timestamptz,
     next_attempt_at timestamptz,
     last_failure varchar(100),
     updated_by uuid,
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     FOREIGN KEY (tenant_id, payment_method_id) REFERENCES billing_payment_methods (tenant_id, id)
       ON DELETE SET NULL (payment_method_id),
     CONSTRAINT auto_top_up_within_cap CHECK (monthly_cap >= amount)
   )`,
  `CREATE INDEX billing_auto_top_ups_by_method ON billing_auto_top_ups (tenant_id, payment_method_id)`,
  `COMMENT ON TABLE billing_auto_top_ups IS 'When a wallet is topped up by itself, by how much, and how often that failed lately.'`,
  // Read with the wallet's lock by whoever posts, so that the crossing is noted in the posting's own transaction.
  `ALTER TABLE billing_wallets ADD COLUMN auto_top_up_below numeric(20,6) CHECK (auto_top_up_below >= 0)`,
  `GRANT UPDATE (auto_top_up_below) ON billing_wallets TO billing_app`,
  // Says which tenants are to be topped up, so that the worker need not see into all tenants. It holds nothing of a tenant but
  // its id, which is why the service may read all of it.
  `CREATE TABLE auto_top_up_queue (
     tenant_id uuid PRIMARY KEY,
     due_at timestamptz NOT NULL
   )`,
  `CREATE INDEX auto_top_up_queue_due ON auto_top_up_queue (due_at)`,
  `ALTER TABLE auto_top_up_queue ENABLE ROW LEVEL SECURITY`,
  `ALTER TABLE auto_top_up_queue FORCE ROW LEVEL SECURITY`,
  `CREATE POLICY every_tenant ON auto_top_up_queue TO billing_app USING (true) WITH CHECK (true)`,
  `COMMENT ON TABLE auto_top_up_queue IS 'Tenants whose balance fell below what they are topped up at.'`,
];

const SUSPENSIONS = [
  `CREATE TABLE wallet_suspensions (
     tenant_id uuid NOT NULL,
     wallet_id uuid NOT NULL,
     reason varchar(20) NOT NULL CHECK (reason IN ('dispute')),
     since timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (tenant_id, wallet_id, reason),
     FOREIGN KEY (tenant_id, wallet_id) REFERENCES billing_wallets (tenant_id, id)
   )`,
  `COMMENT ON TABLE wallet_suspensions IS
     'Why a wallet may not spend. It is suspended while there is one; money that comes in is taken all the same.'`,
  // Whoever opens a wallet again knows their own reason only. Postings do not write the status, so they never pay for this.
  `CREATE FUNCTION keep_suspended() RETURNS trigger LANGUAGE plpgsql SET search_path = billing, public AS $$
   BEGIN
     IF NEW.status = 'active'
       AND EXISTS (SELECT FROM wallet_suspensions WHERE tenant_id = NEW.tenant_id AND wallet_id = NEW.id) THEN
       NEW.status := 'suspended';
     END IF;
     RETURN NEW;
   END $$`,
  `CREATE TRIGGER keep_suspended BEFORE UPDATE OF status ON billing_wallets
   FOR EACH ROW EXECUTE FUNCTION keep_suspended()`,
];

// Not a tenant's: whose an event is shows only when what it is about is fetched. Nothing personal is kept of it.
const EVENTS = [
  `CREATE TABLE billing_payment_events (
     id varchar(255) PRIMARY KEY,
     type varchar(100) NOT NULL,
     subject varchar(20) NOT NULL CHECK (subject IN ('payment', 'checkout', 'method', 'none')),
     subject_id varchar(255),
     source varchar(20) NOT NULL CHECK (source IN ('webhook', 'reconciliation')),
     status varchar(20) NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'handled', 'given-up')),
     attempts int NOT NULL DEFAULT 0,
     next_attempt_at timestamptz NOT NULL,
     error text,
     occurred_at timestamptz NOT NULL,
     received_at timestamptz NOT NULL,
     settled_at timestamptz
   )`,
  `CREATE INDEX billing_payment_events_due ON billing_payment_events (next_attempt_at) WHERE status = 'waiting'`,
  `CREATE INDEX billing_payment_events_settled ON billing_payment_events (settled_at) WHERE status <> 'waiting'`,
  `COMMENT ON TABLE billing_payment_events IS
     'Events of the payment provider, each once whatever way it came; what they are about is fetched when they are handled.'`,
  `CREATE TABLE payment_reconciliation (
     id smallint PRIMARY KEY DEFAULT 1 CHECK (id = 1),
     seen_until timestamptz NOT NULL,
     lease_until timestamptz NOT NULL DEFAULT '-infinity'
   )`,
  `COMMENT ON TABLE payment_reconciliation IS 'Up to when the events of the payment provider were read for what no webhook brought.'`,
];

const OF_TENANTS = [
  'billing_top_ups',
  'billing_payment_reversals',
  'billing_customers',
  'billing_payment_methods',
  'billing_auto_top_ups',
  'wallet_suspensions',
];
const TOUCHED = [
  'billing_top_ups',
  'billing_payment_reversals',
  'billing_payment_methods',
  'billing_auto_top_ups',
];

export const PAYMENT_TABLES = [
  ...TOP_UPS,
  ...CARDS,
  ...AUTO_TOP_UPS,
  ...SUSPENSIONS,
  ...EVENTS,
  ...OF_TENANTS.flatMap((table) => tenantIsolation(table)),
  ...TOUCHED.map((table) => touchUpdatedAt(table)),
];
