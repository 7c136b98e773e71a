import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { Bool, DecimalText, ListOf, OneOf, Text, Timestamp, Uuid } from '../define/fields.js';
import { pageOf, PageRequest, type Page } from '../define/page.js';
import {
  PRICE_CATEGORIES,
  PRICE_SCHEMES,
  PRICE_TIERS_MAX,
  PRICE_UNITS,
  PriceTier,
  type PriceCategory,
  type PriceScheme,
  type PriceUnit,
} from './price-terms.js';
import { UsageItem } from './usage-item.js';

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

  @Text({ max: 3, description: 'ISO 4217; the one of the wallet.' })
  currency!: string;

  @OneOf(PRICE_SCHEMES, {
    description:
      '`flat`: each unit costs the same. `package`: units are sold in packages, each paid whole when its first unit is used. `graduated`: each unit of the calendar month (UTC) costs what its own tier says. `volume`: all units of the month cost what the tier says that the month has reached; what was paid for dearer ones pays for the next.',
  })
  scheme!: PriceScheme;

  @DecimalText({ scale: 10, description: 'Of one unit; of one package, or of a unit beyond the last tier.' })
  unitPrice!: string;

  @DecimalText({ nullable: true, description: 'Units in a package.' })
  packageSize!: string | null;

  @ListOf(() => PriceTier, { items: PRICE_TIERS_MAX, description: 'Beyond the last one, `unitPrice` holds.' })
  tiers!: PriceTier[];

  @DecimalText({
    description: 'Units of each calendar month (UTC) that are free; tiers and packages count after them.',
  })
  includedQuantity!: string;

  @DecimalText({ nullable: true, description: 'The least that one use costs, unless all of it is included.' })
  minimumCharge!: string | null;

  @Text({ max: 500, nullable: true })
  description!: string | null;

  @Bool({ description: "Whether it is this tenant's own price instead of the general one." })
  own!: boolean;

  @Timestamp()
  effectiveFrom!: string;

  @Timestamp({ nullable: true, description: 'Until when, exclusive; null while it has no end.' })
  effectiveTo!: string | null;
}

/** Items of one quote. */
export const QUOTE_ITEMS_MAX = 100;

export class QuoteItem {
  @OneOf(PRICE_CATEGORIES)
  category!: PriceCategory;

  @Text({ min: 1, max: 60, example: 'smtp' })
  provider!: string;

  @Text({ min: 1, max: 120, optional: true, description: 'Where the provider has several.' })
  model?: string;

  @OneOf(PRICE_UNITS)
  unit!: PriceUnit;

  @DecimalText({ description: 'How many units, in one use.', example: '1000' })
  quantity!: string;
}

export class RequestQuote {
  @ListOf(() => QuoteItem, {
    items: QUOTE_ITEMS_MAX,
    min: 1,
    description: 'What would be used, in this order.',
  })
  items!: QuoteItem[];

  @Timestamp({ optional: true, description: 'When it would be used; now unless told.' })
  at?: string;
}

export class Quote {
  @ListOf(() => UsageItem, { items: QUOTE_ITEMS_MAX, description: 'What each item would cost, and why.' })
  items!: UsageItem[];

  @DecimalText({ description: 'What all would cost.' })
  total!: string;

  @Text({ max: 3 })
  currency!: string;

  @DecimalText({ description: 'What the wallet can spend at this moment.' })
  available!: string;

  @Bool({ description: 'Whether that is enough.' })
  covered!: boolean;
}

export interface PricesApi {
  /** The prices that apply to the tenant at one moment. */
  list(ctx: Ctx, input: ListPrices): Promise<Page<Price>>;
  /**
   * What usage would cost, with the month so far; nothing is held or recorded.
   * @throws AppError `price.missing` with a pointer to the item | `price.too_large`
   */
  quote(ctx: Ctx, input: RequestQuote): Promise<Quote>;
}
export const pricesApi = defineApi<PricesApi>('billing.prices', {
  list: { input: ListPrices, output: pageOf(Price), can: 'billing.read', idempotent: true },
  quote: { input: RequestQuote, output: Quote, can: 'billing.read', idempotent: true },
});
