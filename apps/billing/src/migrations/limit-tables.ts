import { tenantIsolation } from '@leadwire/persistence';

/** A wallet is of one currency for ever, and what belongs to it is of the same. */
const ONE_CURRENCY = [
  `ALTER TABLE billing_wallets ADD CONSTRAINT billing_wallets_currency_code CHECK (currency ~ '^[A-Z]{3}$')`,
  `ALTER TABLE billing_wallets ADD CONSTRAINT billing_wallets_with_currency UNIQUE (tenant_id, id, currency)`,
  `CREATE FUNCTION refuse_other_wallet() RETURNS trigger LANGUAGE plpgsql AS
   $$ BEGIN RAISE EXCEPTION 'whose a wallet is, and its currency, are fixed' USING ERRCODE = '42501'; END $$`,
  `CREATE TRIGGER stays_what_it_is BEFORE UPDATE OF tenant_id, user_id, currency ON billing_wallets
   FOR EACH ROW EXECUTE FUNCTION refuse_other_wallet()`,
  // Instead of the one on the wallet alone: as cheap, and it says more.
  `ALTER TABLE billing_usage_events
     DROP CONSTRAINT billing_usage_events_tenant_id_wallet_id_fkey,
     ADD CONSTRAINT billing_usage_in_the_currency_of_its_wallet
       FOREIGN KEY (tenant_id, wallet_id, currency) REFERENCES billing_wallets (tenant_id, id, currency)`,
];

const QUOTAS = [
  `ALTER TABLE billing_feature_entitlements
     ADD CONSTRAINT entitlement_overage_needs_a_quota CHECK (overage_rate IS NULL OR allow_overages)`,
  // Beside the entitlement, whose updated_at says when somebody changed it.
  `CREATE TABLE billing_quota_counters (
     tenant_id uuid NOT NULL,
     feature_key varchar(60) NOT NULL,
     day date NOT NULL,
     day_used numeric(20,6) NOT NULL DEFAULT 0 CHECK (day_used >= 0),
     day_announced boolean NOT NULL DEFAULT false,
     month date NOT NULL,
     month_used numeric(20,6) NOT NULL DEFAULT 0 CHECK (month_used >= 0),
     month_announced boolean NOT NULL DEFAULT false,
     PRIMARY KEY (tenant_id, feature_key),
     FOREIGN KEY (tenant_id, feature_key) REFERENCES billing_feature_entitlements (tenant_id, feature_key) ON DELETE CASCADE
   ) WITH (fillfactor = 50)`,
  `COMMENT ON TABLE billing_quota_counters IS
     'What was used of each feature with an entitlement in the current day and month (UTC); kept by the posting function.'`,
  `ALTER TABLE billing_usage_events
     ADD COLUMN quota_at timestamptz,
     ADD COLUMN waits_for varchar(10) CHECK (waits_for IN ('funds', 'quota')),
     ADD CONSTRAINT usage_waits_while_pending CHECK (waits_for IS NULL OR status = 'pending')`,
  `COMMENT ON COLUMN billing_usage_events.quota_at IS
     'When its quantity was counted for the quota of its feature; null when there was none, or when it was given back.'`,
  `COMMENT ON COLUMN billing_usage_events.waits_for IS 'What pending usage waits for: funds, or room in a quota.'`,
  `CREATE INDEX billing_usage_waiting_for_quota ON billing_usage_events (tenant_id, feature_key, occurred_at, id)
   WHERE waits_for = 'quota'`,
  `CREATE INDEX billing_usage_counted ON billing_usage_events (tenant_id, feature_key, quota_at) WHERE quota_at IS NOT NULL`,
  `ALTER TABLE billing_reservations
     ADD COLUMN feature_key varchar(60),
     ADD COLUMN quantity numeric(20,6) CHECK (quantity >= 0),
     ADD CONSTRAINT reservation_feature_has_quantity CHECK ((feature_key IS NULL) = (quantity IS NULL))`,
  `CREATE INDEX billing_reservations_counted ON billing_reservations (tenant_id, feature_key, created_at)
   WHERE feature_key IS NOT NULL`,
  `COMMENT ON COLUMN billing_reservations.quantity IS
     'What it counts for in the quota of its feature, in the day and month in which it was made.'`,
];

const ALLOWANCES = [
  `ALTER TABLE user_credits
     ADD COLUMN monthly_allowance numeric(20,6) CHECK (monthly_allowance >= 0),
     ADD COLUMN held numeric(20,6) NOT NULL DEFAULT 0 CHECK (held >= 0),
     ADD COLUMN last_seq bigint NOT NULL DEFAULT 0,
     ADD CONSTRAINT user_credit_is_what_is_left
       CHECK (balance = greatest(0, coalesce(monthly_allowance, 0) - monthly_usage - held))`,
  `COMMENT ON TABLE user_credits IS
     'What a member may still spend of the tenant''s wallet this month (UTC). Kept by the posting function; it moves no money.'`,
  `CREATE INDEX user_credits_with_allowance ON user_credits (tenant_id) WHERE monthly_allowance IS NOT NULL`,
  `ALTER TABLE credit_transactions
     ADD COLUMN seq bigint NOT NULL DEFAULT 0,
     ADD CONSTRAINT credit_transactions_dense UNIQUE (tenant_id, user_credit_id, seq),
     ADD CONSTRAINT credit_transaction_type CHECK (transaction_type IN ('allowance', 'reset', 'usage', 'hold', 'release')),
     ADD CONSTRAINT credit_reference CHECK (reference_type IN ('ledger_transaction', 'user'))`,
  `ALTER TABLE credit_transactions ALTER COLUMN seq DROP DEFAULT`,
  `COMMENT ON TABLE credit_transactions IS 'Every change of a member''s allowance, with what was left before and after.'`,
  `DROP INDEX credit_transactions_by_credit`,
  `CREATE TRIGGER append_only BEFORE UPDATE ON credit_transactions FOR EACH ROW EXECUTE FUNCTION refuse_change()`,
];

// Says who has something to do at the turn of a day or month, so that whoever looks need not see into all tenants. It holds
// nothing of a tenant but its id, which is why the service may read all of it.
const UPKEEP = [
  `CREATE TABLE limit_upkeep (
     tenant_id uuid PRIMARY KEY,
     quota_due timestamptz,
     reset_due timestamptz
   )`,
  `COMMENT ON TABLE limit_upkeep IS 'When usage that waits for a quota may be charged, and when allowances begin anew.'`,
  `CREATE INDEX limit_upkeep_quota_due ON limit_upkeep (quota_due) WHERE quota_due IS NOT NULL`,
  `CREATE INDEX limit_upkeep_reset_due ON limit_upkeep (reset_due) WHERE reset_due IS NOT NULL`,
  `ALTER TABLE limit_upkeep ENABLE ROW LEVEL SECURITY`,
  `ALTER TABLE limit_upkeep FORCE ROW LEVEL SECURITY`,
  `CREATE POLICY every_tenant ON limit_upkeep TO billing_app, billing_owner USING (true) WITH CHECK (true)`,
];

// Only functions write what is counted: the service's own role reads it.
const GRANTS = [
  ...tenantIsolation('billing_quota_counters'),
  ...['billing_feature_entitlements', 'billing_quota_counters', 'user_credits', 'credit_transactions'].map(
    (table) => `REVOKE INSERT, UPDATE ON ${table} FROM billing_app`,
  ),
];

export const LIMIT_TABLES = [...ONE_CURRENCY, ...QUOTAS, ...ALLOWANCES, ...UPKEEP, ...GRANTS];
