import type { Tier } from '../usage/rating.js';

export type CatalogueRow = {
  id: string;
  tenantId: string | null;
  category: string;
  provider: string;
  model: string | null;
  unit: string;
  currency: string;
  scheme: 'flat' | 'package' | 'graduated' | 'volume';
  unitPrice: string;
  packageSize: string | null;
  tiers: Tier[];
  includedQuantity: string;
  minimumCharge: string | null;
  description: string | null;
  effectiveFrom: Date;
  effectiveTo: Date | null;
};

export type PriceOriginRow = { draftId: string | null; draftLine: number | null };

export const PRICE_COLUMNS = `
  p.id, p.tenant_id AS "tenantId", p.category, p.provider, p.model, p.unit, p.currency, p.scheme,
  p.unit_price AS "unitPrice", p.package_size AS "packageSize", p.tiers, p.included_quantity AS "includedQuantity",
  p.minimum_charge AS "minimumCharge", p.description, p.effective_from AS "effectiveFrom", p.effective_to AS "effectiveTo"`;

/** Which import made a price; what continues an interrupted one has no line of its own. */
export const PRICE_ORIGIN = `(p.metadata ->> 'draftId')::uuid AS "draftId", (p.metadata ->> 'line')::int AS "draftLine"`;

/**
 * One price for each entry in the currency of the wallet: the tenant's own before the general one. `$5`: the currency where there is
 * no wallet yet; `$6` … `$9`: where the last page ended.
 */
export const LIST_PRICES = `
  SELECT DISTINCT ON (p.category, p.provider, p.unit, coalesce(p.model, '')) ${PRICE_COLUMNS}
  FROM billing_pricing_catalog p
  WHERE (p.tenant_id = $1 OR p.tenant_id IS NULL)
    AND p.currency = coalesce((SELECT w.currency FROM billing_wallets w WHERE w.tenant_id = $1 AND w.user_id IS NULL), $5)
    AND p.is_active
    AND p.effective_from <= $2
    AND (p.effective_to IS NULL OR p.effective_to > $2)
    AND ($3::varchar IS NULL OR p.category = $3)
    AND ($6::varchar IS NULL OR (p.category, p.provider, p.unit, coalesce(p.model, '')) > ($6, $7::varchar, $8::varchar, $9::varchar))
  ORDER BY p.category, p.provider, p.unit, coalesce(p.model, ''), p.tenant_id NULLS LAST
  LIMIT $4`;

export const WALLET_FUNDS = `
  SELECT currency, current_balance - reserved_balance AS available
  FROM billing_wallets
  WHERE tenant_id = $1
    AND user_id IS NULL`;

/** What lets a transaction see and change all of the list; see the policies `operators`. */
export const ACT_AS_OPERATOR = `SELECT set_config('app.operator', 'prices', true)`;

const NO_TENANT = `'00000000-0000-0000-0000-000000000000'::uuid`;
const PLACE = `(coalesce(p.tenant_id, ${NO_TENANT}), p.category, p.provider, p.unit, coalesce(p.model, ''), p.currency, p.effective_from, p.id)`;

/** `$4` … `$11`: where the last page ended. The start of a validity is taken to the microsecond, which a Date would lose. */
export const LIST_CATALOGUE = `
  SELECT ${PRICE_COLUMNS}, ${PRICE_ORIGIN}, p.effective_from::text AS position
  FROM billing_pricing_catalog p
  WHERE p.is_active
    AND ($1::uuid IS NULL OR p.tenant_id = $1)
    AND ($2::timestamptz IS NULL OR p.effective_to IS NULL OR p.effective_to > $2)
    AND ($4::uuid IS NULL OR ${PLACE} > ($4, $5::varchar, $6::varchar, $7::varchar, $8::varchar, $9::varchar, $10::timestamptz, $11::uuid))
  ORDER BY ${PLACE.slice(1, -1)}
  LIMIT $3`;

/** All validities of what a draft speaks of. */
export const LISTED_PRICES = `
  SELECT ${PRICE_COLUMNS}
  FROM (
    SELECT DISTINCT *
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) AS e (category, provider, model, unit, currency)
  ) e
  JOIN billing_pricing_catalog p
    ON p.category = e.category
   AND p.provider = e.provider
   AND coalesce(p.model, '') = e.model
   AND p.unit = e.unit
   AND p.currency = e.currency
  WHERE p.is_active
    AND (p.tenant_id IS NULL OR p.tenant_id = ANY ($6::uuid[]))
  ORDER BY p.effective_from`;

/** Whoever holds it is the only one to change the list. */
export const LOCK_PRICE_LIST = `SELECT version FROM billing_price_list FOR UPDATE`;
export const PRICE_LIST_VERSION = `SELECT version FROM billing_price_list`;

export type DraftRow = {
  id: string;
  status: 'draft' | 'published' | 'discarded';
  note: string | null;
  lines: number;
  baseVersion: string;
  effectiveFrom: Date | null;
  endedAt: Date | null;
  createdAt: Date;
};

const DRAFT_COLUMNS = `
  id, status, note, jsonb_array_length(entries) AS lines, base_version AS "baseVersion", effective_from AS "effectiveFrom",
  ended_at AS "endedAt", created_at AS "createdAt"`;

export const INSERT_DRAFT = `
  INSERT INTO billing_price_drafts (id, note, entries, base_version, created_at)
  VALUES ($1, $2, $3, $4, $5)
  RETURNING ${DRAFT_COLUMNS}`;

export const LIST_DRAFTS = `
  SELECT ${DRAFT_COLUMNS}
  FROM billing_price_drafts
  WHERE $1::uuid IS NULL OR id < $1
  ORDER BY id DESC
  LIMIT $2`;

export const GET_DRAFT = `SELECT ${DRAFT_COLUMNS}, entries, changes FROM billing_price_drafts WHERE id = $1`;
export const LOCK_DRAFT = `${GET_DRAFT} FOR UPDATE`;

export const END_DRAFT = `
  WITH ended AS (
    UPDATE billing_price_drafts
    SET status = $2, effective_from = $3, changes = $4, ended_at = $5
    WHERE id = $1
    RETURNING *
  )
  SELECT ${DRAFT_COLUMNS} FROM ended`;

export const CANCEL_PRICES = `UPDATE billing_pricing_catalog SET is_active = false WHERE id = ANY ($1::uuid[])`;

/** Ends that come sooner before those that come later: no two validities may overlap on the way. */
export const END_PRICES = `
  UPDATE billing_pricing_catalog p
  SET effective_to = e.effective_to
  FROM unnest($1::uuid[], $2::timestamptz[]) AS e (id, effective_to)
  WHERE p.id = e.id
    AND (coalesce(e.effective_to, 'infinity') < coalesce(p.effective_to, 'infinity')) = $3`;

export const ADD_PRICES = `
  INSERT INTO billing_pricing_catalog (id, tenant_id, category, provider, model, unit, currency, scheme, unit_price, package_size,
    tiers, included_quantity, minimum_charge, description, effective_from, effective_to, metadata)
  SELECT id, "tenantId", category, provider, model, unit, currency, scheme, "unitPrice", "packageSize", tiers, "includedQuantity",
         "minimumCharge", description, "from", "to", jsonb_strip_nulls(jsonb_build_object('draftId', $2::text, 'line', line))
  FROM jsonb_to_recordset($1::jsonb) AS t (id uuid, "tenantId" uuid, category text, provider text, model text, unit text,
    currency text, scheme text, "unitPrice" numeric, "packageSize" numeric, tiers jsonb, "includedQuantity" numeric,
    "minimumCharge" numeric, description text, "from" timestamptz, "to" timestamptz, line int)`;

export const HAS_WALLET = `SELECT FROM billing_wallets WHERE tenant_id = $1 AND user_id IS NULL`;

/** Rated usage in the order in which it happened; `$4`, `$5`: where the last page ended. */
export const PAST_USES = `
  SELECT id, usage_items AS items, currency, occurred_at AS "occurredAt", occurred_at::text AS position
  FROM billing_usage_events
  WHERE tenant_id = $1
    AND status IN ('pending', 'charged')
    AND occurred_at >= $2
    AND occurred_at < $3
    AND ($4::timestamptz IS NULL OR (occurred_at, id) > ($4::timestamptz, $5::uuid))
  ORDER BY occurred_at, id
  LIMIT $6`;
