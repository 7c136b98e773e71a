import { tenantIsolation, touchUpdatedAt } from '@leadwire/persistence';

const NO_TENANT = `'00000000-0000-0000-0000-000000000000'::uuid`;

/** The price list: rows without a tenant hold for everybody, a tenant's own go before them. */
export const PRICE_TABLES = [
  `CREATE TABLE billing_pricing_catalog (
     id uuid PRIMARY KEY,
     tenant_id uuid,
     category varchar(40) NOT NULL
       CHECK (category IN ('email', 'enrichment', 'llm', 'stt', 'tts', 'telephony', 'vm_infrastructure')),
     provider varchar(60) NOT NULL,
     model varchar(120),
     unit varchar(40) NOT NULL CHECK (unit IN ('record', 'token', 'second', 'minute', 'character', 'message')),
     unit_price numeric(20,10) NOT NULL CHECK (unit_price >= 0),
     description text,
     effective_from timestamptz NOT NULL,
     effective_to timestamptz CHECK (effective_to > effective_from),
     is_active boolean NOT NULL DEFAULT true,
     metadata jsonb NOT NULL DEFAULT '{}',
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT one_price_at_a_time EXCLUDE USING gist (
       (coalesce(tenant_id, ${NO_TENANT})) WITH =,
       category WITH =,
       provider WITH =,
       (coalesce(model, '')) WITH =,
       unit WITH =,
       tstzrange(effective_from, effective_to) WITH &&
     ) WHERE (is_active)
   )`,
  `CREATE INDEX billing_prices_by_item ON billing_pricing_catalog (category, provider, unit, effective_from)`,
  ...tenantIsolation('billing_pricing_catalog'),
  `CREATE POLICY general_prices ON billing_pricing_catalog FOR SELECT USING (tenant_id IS NULL)`,
  // Only migrations change the general list.
  `CREATE POLICY price_list_upkeep ON billing_pricing_catalog TO billing_owner
   USING (tenant_id IS NULL) WITH CHECK (tenant_id IS NULL)`,
  touchUpdatedAt('billing_pricing_catalog'),
  `INSERT INTO billing_pricing_catalog (id, category, provider, unit, unit_price, description, effective_from)
   VALUES ('019aa000-0000-7000-8000-000000000001', 'email', 'smtp', 'message', 0.001,
     'A campaign mail sent through an e-mail account of your own', '2020-01-01T00:00:00Z')`,
];
