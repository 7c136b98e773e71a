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
  // A tenant's own prices and the general ones, not those of all others.
  `DROP INDEX billing_prices_by_item`,
  `CREATE INDEX billing_prices_of_tenant ON billing_pricing_catalog (tenant_id, category, provider, unit, effective_from)`,
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

/** Only what an operator asked for writes the list; the transaction says that it does. */
const OPERATORS = `current_setting('app.operator', true) = 'prices'`;

// A price that was valid proves charges. It may end later than now, or never begin; nothing else about it changes any more.
const KEEP_PAST_PRICES = `
  CREATE FUNCTION keep_past_prices() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF TG_OP = 'DELETE' THEN
      IF OLD.is_active AND OLD.effective_from <= now() THEN
        RAISE EXCEPTION 'a price that was valid is kept' USING ERRCODE = '42501';
      END IF;
      RETURN OLD;
    END IF;
    IF to_jsonb(NEW) - '{effective_to,is_active,updated_at}'::text[] <> to_jsonb(OLD) - '{effective_to,is_active,updated_at}'::text[]
      OR (NEW.is_active <> OLD.is_active AND (NEW.is_active OR OLD.effective_from <= now()))
      OR (NEW.effective_to IS DISTINCT FROM OLD.effective_to
        AND least(coalesce(NEW.effective_to, 'infinity'), coalesce(OLD.effective_to, 'infinity')) <= now()) THEN
      RAISE EXCEPTION 'past prices never change: publish a new one' USING ERRCODE = '42501';
    END IF;
    RETURN NEW;
  END $$`;

const LIST = [
  KEEP_PAST_PRICES,
  `CREATE TRIGGER keep_past_prices BEFORE UPDATE OR DELETE ON billing_pricing_catalog
   FOR EACH ROW EXECUTE FUNCTION keep_past_prices()`,
  `CREATE POLICY operators ON billing_pricing_catalog USING (${OPERATORS}) WITH CHECK (${OPERATORS})`,

  `CREATE TABLE billing_price_list (only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one), version bigint NOT NULL)`,
  `INSERT INTO billing_price_list (version) VALUES (1)`,
  `REVOKE INSERT, DELETE ON billing_price_list FROM billing_app`,
  `COMMENT ON TABLE billing_price_list IS 'Rises with each change of the price list, whoever makes it: a draft is published on the list it was made for.'`,
  `CREATE FUNCTION raise_price_list_version() RETURNS trigger LANGUAGE plpgsql SET search_path = billing, pg_temp AS
   $$ BEGIN UPDATE billing_price_list SET version = version + 1; RETURN NULL; END $$`,
  `CREATE TRIGGER raise_version AFTER INSERT OR UPDATE OR DELETE ON billing_pricing_catalog
   FOR EACH STATEMENT EXECUTE FUNCTION raise_price_list_version()`,
];

const DRAFTS = [
  `CREATE TABLE billing_price_drafts (
     id uuid PRIMARY KEY,
     status varchar(20) NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'published', 'discarded')),
     note varchar(500),
     entries jsonb NOT NULL CHECK (jsonb_typeof(entries) = 'array'),
     changes jsonb CHECK (jsonb_typeof(changes) = 'array'),
     base_version bigint NOT NULL,
     effective_from timestamptz,
     ended_at timestamptz,
     created_at timestamptz NOT NULL,
     CONSTRAINT price_draft_ends_once CHECK ((status = 'draft') = (ended_at IS NULL)),
     CONSTRAINT price_draft_published_from CHECK ((status = 'published') = (effective_from IS NOT NULL AND changes IS NOT NULL))
   )`,
  `ALTER TABLE billing_price_drafts ENABLE ROW LEVEL SECURITY`,
  `ALTER TABLE billing_price_drafts FORCE ROW LEVEL SECURITY`,
  `CREATE POLICY operators ON billing_price_drafts USING (${OPERATORS}) WITH CHECK (${OPERATORS})`,
  `REVOKE DELETE ON billing_price_drafts FROM billing_app`,
  `COMMENT ON TABLE billing_price_drafts IS 'Files of prices that operators imported: what becomes of the list when they are published, and what became of it.'`,
];

/** Prices in schemes and currencies, the month that tiers count, and a list that operators change by drafts. */
export class PriceSchemes20261129110000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of [...TERMS, ...MONTHS, ...LIST, ...DRAFTS]) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
