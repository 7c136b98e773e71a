import type { CataloguePrice, Price } from '@leadwire/contracts';
import type { CatalogueRow, PriceOriginRow } from './prices.queries.js';

/** A price as a tenant sees it. */
export function toPrice(row: CatalogueRow): Price {
  return {
    id: row.id,
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

/** A price as operators see it: whose it is, and where it came from. */
export function toCataloguePrice(row: CatalogueRow & PriceOriginRow): CataloguePrice {
  const { tenantId, draftId, draftLine } = row;
  return { ...toPrice(row), tenantId, draftId, draftLine };
}
