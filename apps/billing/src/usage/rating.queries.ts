const PRICE_COLUMNS = `
  p.id, p.tenant_id IS NOT NULL AS own, p.category, p.provider, p.model, p.unit, p.currency, p.scheme,
  p.unit_price AS "unitPrice", p.package_size AS "packageSize", p.tiers, p.included_quantity AS "includedQuantity",
  p.minimum_charge AS "minimumCharge", p.effective_from AS "effectiveFrom", p.effective_to AS "effectiveTo"`;

const valid = (whose: string): string => `
  SELECT ${PRICE_COLUMNS}
  FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) AS e (category, provider, model, unit)
  JOIN billing_pricing_catalog p
    ON p.category = e.category
   AND p.provider = e.provider
   AND coalesce(p.model, '') = e.model
   AND p.unit = e.unit
  WHERE ${whose}
    AND p.currency = $6
    AND p.is_active
    AND p.effective_from <= $8
    AND (p.effective_to IS NULL OR p.effective_to > $7)`;

/**
 * Every validity of some entries of the price list, in one currency, that touches a span of time. The tenant's own and the general
 * ones are looked up one by one: with an OR between them, the planner may read those of all tenants. A test holds the plan.
 */
export const PRICES_OF_ENTRIES = `${valid('p.tenant_id = $1')}
  UNION ALL ${valid('p.tenant_id IS NULL')}`;

export const RECORDED_KEYS = `
  SELECT idempotency_key AS key
  FROM billing_usage_events
  WHERE tenant_id = $1
    AND idempotency_key = ANY($2)`;

/** Only read under the wallet's lock: whoever counts holds it. */
export const MONTHS_SO_FAR = `
  SELECT m.category, m.provider, m.model, m.unit, m.month::text AS month, m.quantity, m.paid_ahead AS "paidAhead"
  FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::date[]) AS e (category, provider, model, unit, month)
  JOIN billing_usage_months m
    ON m.month = e.month
   AND m.category = e.category
   AND m.provider = e.provider
   AND m.model = e.model
   AND m.unit = e.unit
  WHERE m.tenant_id = $1
    AND m.currency = $2`;

export const SAVE_MONTHS = `
  INSERT INTO billing_usage_months (tenant_id, currency, category, provider, model, unit, month, quantity, paid_ahead)
  SELECT $1, $2, *
  FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::date[], $8::numeric[], $9::numeric[])
  ON CONFLICT (tenant_id, month, category, provider, model, unit, currency)
    DO UPDATE SET quantity = excluded.quantity, paid_ahead = excluded.paid_ahead`;
