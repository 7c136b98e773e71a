import type { CataloguePrice, Price } from '@leadwire/contracts';
import type { CatalogueRow } from './prices.queries.js';

/** A price as a tenant sees it. */
export function toPrice(row: CatalogueRow): Price {
  const { tenantId: _, ...price } = toCataloguePrice(row);
  return price;
}

/** A price as operators see it. */
export function toCataloguePrice(row: CatalogueRow): CataloguePrice {
  return {
    id: row.id,
    tenantId: row.tenantId,
    own: row.tenantId !== null,
    category: row.category as Price['category'],
    provider: row.provider,
    model: row.model,
    unit: row.unit as Price['unit'],
    currency: row.currency,
    scheme: row.scheme,
    unitPrice: row.unitPrice,
    packageSize: row.packageSize,
    tiers: row.tiers,
    includedQuantity: row.includedQuantity,
    minimumCharge: row.minimumCharge,
    description: row.description,
    effectiveFrom: row.effectiveFrom.toISOString(),
    effectiveTo: row.effectiveTo?.toISOString() ?? null,
  };
}
