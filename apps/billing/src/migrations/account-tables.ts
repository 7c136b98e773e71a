import { tenantIsolation, touchUpdatedAt } from '@leadwire/persistence';

const CREDITS = [
  `CREATE TABLE user_credits (
     id uuid PRIMARY KEY,
     user_id uuid NOT NULL,
     tenant_id uuid NOT NULL,
     balance numeric(20,6) NOT NULL DEFAULT 0 CHECK (balance >= 0),
     monthly_usage numeric(20,6) NOT NULL DEFAULT 0 CHECK (monthly_usage >= 0),
     last_usage_reset timestamptz NOT NULL DEFAULT now(),
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     UNIQUE (tenant_id, id),
     UNIQUE (tenant_id, user_id)
   )`,
  ...tenantIsolation('user_credits'),
  touchUpdatedAt('user_credits'),

  `CREATE TABLE credit_transactions (
     id uuid PRIMARY KEY,
     user_id uuid NOT NULL,
     tenant_id uuid NOT NULL,
     user_credit_id uuid NOT NULL,
     amount numeric(20,6) NOT NULL,
     transaction_type varchar(20) NOT NULL,
     reference_type varchar(30),
     reference_id uuid,
     balance_before numeric(20,6) NOT NULL,
     balance_after numeric(20,6) NOT NULL CHECK (balance_after >= 0),
     metadata jsonb NOT NULL DEFAULT '{}',
     created_at timestamptz NOT NULL DEFAULT now(),
     FOREIGN KEY (tenant_id, user_credit_id) REFERENCES user_credits (tenant_id, id),
     CONSTRAINT credit_adds_up CHECK (balance_after = balance_before + amount)
   )`,
  `CREATE INDEX credit_transactions_by_credit ON credit_transactions (tenant_id, user_credit_id, created_at)`,
  ...tenantIsolation('credit_transactions'),
];

const INVOICES = [
  `CREATE TABLE billing_invoices (
     id uuid PRIMARY KEY,
     tenant_id uuid NOT NULL,
     invoice_number varchar(40) NOT NULL,
     status varchar(20) NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'pending', 'paid', 'voided', 'overdue')),
     subtotal numeric(20,6) NOT NULL,
     tax numeric(20,6) NOT NULL DEFAULT 0,
     total numeric(20,6) NOT NULL,
     currency varchar(3) NOT NULL,
     period_start timestamptz NOT NULL,
     period_end timestamptz NOT NULL,
     paid_at timestamptz,
     payment_method varchar(40),
     due_at timestamptz,
     line_items jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(line_items) = 'array'),
     metadata jsonb NOT NULL DEFAULT '{}',
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     UNIQUE (tenant_id, id),
     UNIQUE (tenant_id, invoice_number),
     CHECK (total = subtotal + tax),
     CHECK (period_end > period_start),
     CHECK ((status = 'paid') = (paid_at IS NOT NULL))
   )`,
  ...tenantIsolation('billing_invoices'),
  touchUpdatedAt('billing_invoices'),
];

const ENTITLEMENTS = [
  `CREATE TABLE billing_feature_entitlements (
     id uuid PRIMARY KEY,
     tenant_id uuid NOT NULL,
     feature_key varchar(60) NOT NULL,
     enabled boolean NOT NULL DEFAULT true,
     monthly_quota numeric(20,6) CHECK (monthly_quota >= 0),
     daily_quota numeric(20,6) CHECK (daily_quota >= 0),
     allow_overages boolean NOT NULL DEFAULT false,
     overage_rate numeric(20,10) CHECK (overage_rate >= 0),
     metadata jsonb NOT NULL DEFAULT '{}',
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     UNIQUE (tenant_id, id),
     UNIQUE (tenant_id, feature_key)
   )`,
  ...tenantIsolation('billing_feature_entitlements'),
  touchUpdatedAt('billing_feature_entitlements'),
];

/** Credits per user, invoices and entitlements. */
export const ACCOUNT_TABLES = [...CREDITS, ...INVOICES, ...ENTITLEMENTS];
