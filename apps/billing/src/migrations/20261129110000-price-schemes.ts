import { tenantIsolation } from '@leadwire/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const NO_TENANT = `'00000000-0000-0000-0000-000000000000'::uuid`;

/** Whether tiers rise, each with a price of zero or more that its columns could hold. */
const TIERS_RISE = `
  CREATE FUNCTION tiers_rise(tiers jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(bool_and(coalesce(
      jsonb_typeof(tier) = 'object'
      AND tier ->> 'upTo' ~ '^\\d{1,14}(\\.\\d{1,6})?$'
      AND tier ->> 'unitPrice' ~ '^\\d{1,10}(\\.\\d{1,10})?$'
      AND (tier ->> 'upTo')::numeric > floor, false)), true)
    FROM (
      SELECT tier, coalesce(lag((tier ->> 'upTo')::numeric) OVER (ORDER BY place), 0) AS floor
      FROM jsonb_array_elements(tiers) WITH ORDINALITY AS t (tier, place)
    ) numbered
  $$`;

const TERMS = [
  TIERS_RISE,
  `ALTER TABLE billing_pricing_catalog
     ADD COLUMN currency varchar(3) NOT NULL DEFAULT 'USD' CHECK (currency ~ '^[A-Z]{3}$'),
     ADD COLUMN scheme varchar(20) NOT NULL DEFAULT 'flat' CHECK (scheme IN ('flat', 'package', 'graduated', 'volume')),
     ADD COLUMN package_size numeric(20,6) CHECK (package_size > 0),
     ADD COLUMN tiers jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(tiers) = 'array' AND jsonb_array_length(tiers) <= 50),
     ADD COLUMN included_quantity numeric(20,6) NOT NULL DEFAULT 0 CHECK (included_quantity >= 0),
     ADD COLUMN minimum_charge numeric(20,6) CHECK (minimum_charge > 0),
     ADD CONSTRAINT price_tiers_rise CHECK (tiers_rise(tiers)),
     ADD CONSTRAINT price_has_a_package CHECK ((scheme = 'package') = (package_size IS NOT NULL)),
     ADD CONSTRAINT price_has_tiers CHECK ((scheme IN ('graduated', 'volume')) = (jsonb_array_length(tiers) > 0)),
     -- A minimum is of one use, a volume price of the whole month: a month that became cheaper would pay it all the same.
     ADD CONSTRAINT price_minimum_of_a_use CHECK (minimum_charge IS NULL OR scheme <> 'volume'),
     DROP CONSTRAINT one_price_at_a_time`,
  `ALTER TABLE billing_pricing_catalog
     ADD CONSTRAINT one_price_at_a_time EXCLUDE USING gist (
       (coalesce(tenant_id, ${NO_TENANT})) WITH =,
       category WITH =,
       provider WITH =,
       (coalesce(model, '')) WITH =,
       unit WITH =,
       currency WITH =,
       tstzrange(effective_from, effective_to) WITH &&
     ) WHERE (is_active)`,
  `COMMENT ON TABLE billing_pricing_catalog IS
     'The price list: rows without a tenant hold for everybody, a tenant''s own go before them. Past validities never change.'`,
];

const MONTHS = [
  `CREATE TABLE billing_usage_months (
     tenant_id uuid NOT NULL,
     category varchar(40) NOT NULL,
     provider varchar(60) NOT NULL,
     model varchar(120) NOT NULL,
     unit varchar(40) NOT NULL,
     currency varchar(3) NOT NULL,
     month date NOT NULL CHECK (extract(day FROM month) = 1),
     quantity numeric(20,6) NOT NULL CHECK (quantity >= 0),
     paid_ahead numeric(40,16) NOT NULL DEFAULT 0 CHECK (paid_ahead >= 0),
     PRIMARY KEY (tenant_id, month, category, provider, model, unit, currency)
   ) WITH (fillfactor = 50)`,
  ...tenantIsolation('billing_usage_months'),
  `COMMENT ON TABLE billing_usage_months IS
     'What a tenant used of an entry of the price list in a calendar month (UTC), for prices that look at the month. An entry without a model has an empty one.'`,
];

/** Prices in schemes and currencies, and the month that tiers count. */
export class PriceSchemes20261129110000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of [...TERMS, ...MONTHS]) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
