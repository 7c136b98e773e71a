export type PriceListRow = {
  id: string;
  category: string;
  provider: string;
  model: string | null;
  unit: string;
  unitPrice: string;
  description: string | null;
  own: boolean;
  effectiveFrom: Date;
  effectiveTo: Date | null;
};

/** One price for each entry: the tenant's own before the general one. `$5` … `$8`: where the last page ended. */
export const LIST_PRICES = `
  SELECT DISTINCT ON (category, provider, unit, coalesce(model, ''))
         id, category, provider, model, unit, unit_price AS "unitPrice", description, tenant_id IS NOT NULL AS own,
         effective_from AS "effectiveFrom", effective_to AS "effectiveTo"
  FROM billing_pricing_catalog
  WHERE (tenant_id = $1 OR tenant_id IS NULL)
    AND is_active
    AND effective_from <= $2
    AND (effective_to IS NULL OR effective_to > $2)
    AND ($3::varchar IS NULL OR category = $3)
    AND ($5::varchar IS NULL OR (category, provider, unit, coalesce(model, '')) > ($5, $6::varchar, $7::varchar, $8::varchar))
  ORDER BY category, provider, unit, coalesce(model, ''), tenant_id NULLS LAST
  LIMIT $4`;
