import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { Bool, DecimalText, OneOf, Text, Timestamp, Uuid } from '../define/fields.js';
import { pageOf, PageRequest, type Page } from '../define/page.js';
import { PRICE_CATEGORIES, PRICE_UNITS, type PriceCategory, type PriceUnit } from './price-terms.js';

export class ListPrices extends PageRequest {
  @OneOf(PRICE_CATEGORIES, { optional: true })
  category?: PriceCategory;

  @Timestamp({ optional: true, description: 'The prices of that moment; now unless told.' })
  at?: string;
}

export class Price {
  @Uuid()
  id!: string;

  @OneOf(PRICE_CATEGORIES)
  category!: PriceCategory;

  @Text({ max: 60 })
  provider!: string;

  @Text({ max: 120, nullable: true })
  model!: string | null;

  @OneOf(PRICE_UNITS)
  unit!: PriceUnit;

  @DecimalText({ scale: 10, description: 'Of one unit, in the currency of the wallet.' })
  unitPrice!: string;

  @Text({ max: 500, nullable: true })
  description!: string | null;

  @Bool({ description: "Whether it is this tenant's own price instead of the general one." })
  own!: boolean;

  @Timestamp()
  effectiveFrom!: string;

  @Timestamp({ nullable: true, description: 'Until when, exclusive; null while it has no end.' })
  effectiveTo!: string | null;
}

export interface PricesApi {
  /** The prices that apply to the tenant at one moment. */
  list(ctx: Ctx, input: ListPrices): Promise<Page<Price>>;
}
export const pricesApi = defineApi<PricesApi>('billing.prices', {
  list: { input: ListPrices, output: pageOf(Price), can: 'billing.read', idempotent: true },
});
