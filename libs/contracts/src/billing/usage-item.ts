import { Bool, DecimalText, ListOf, OneOf, Text, Timestamp, Uuid } from '../define/fields.js';
import { EXACT_SCALE, PRICE_SCHEMES } from './price-terms.js';

/** How a use was rated: by a price of the list, or at the overage rate of an entitlement. */
export const RATING_SCHEMES = [...PRICE_SCHEMES, 'overage'] as const;
export type RatingScheme = (typeof RATING_SCHEMES)[number];

/** The most parts that one rating can have: each tier once, what lies beyond them, and what the month's units cost before. */
export const RATING_STEPS_MAX = 60;

/** One part of a cost: so many units at one price. */
export class RatingStep {
  @DecimalText({
    nullable: true,
    description: 'Up to how many units of the month the price holds; null without an end.',
  })
  upTo!: string | null;

  @DecimalText({
    signed: true,
    description:
      'Units, or packages where they are sold in packages. Negative: what the earlier units of the month cost already.',
  })
  quantity!: string;

  @DecimalText({ scale: 10 })
  unitPrice!: string;

  @DecimalText({ scale: EXACT_SCALE, signed: true, description: 'Quantity × unit price, exactly.' })
  cost!: string;
}

/** One thing that was used, with all that it was rated by: whoever has it can work out its cost again, digit by digit. */
export class UsageItem {
  @Text({ max: 40 })
  category!: string;

  @Text({ max: 60 })
  provider!: string;

  @Text({ max: 120, nullable: true })
  model!: string | null;

  @Text({ max: 40 })
  unit!: string;

  @DecimalText({ description: 'How many units.' })
  quantity!: string;

  @DecimalText({
    scale: 10,
    description: 'Price of one unit at the time of use; of one package, or beyond the last tier.',
  })
  unitPrice!: string;

  @Uuid({ description: 'The entry of the price list that applied; for overage, the entitlement.' })
  priceId!: string;

  @Timestamp({ description: 'Since when that price was valid.' })
  priceEffectiveFrom!: string;

  @DecimalText({ description: '`exactCost`, rounded once, half to even, to six decimals.' })
  cost!: string;

  // What follows is missing from uses that were recorded before prices had schemes: those were flat.

  @OneOf(RATING_SCHEMES, { optional: true })
  scheme?: RatingScheme;

  @Text({ max: 3, optional: true, description: 'Of price and cost, ISO 4217.' })
  currency?: string;

  @Bool({ optional: true, description: "Whether it was the tenant's own price instead of the general one." })
  own?: boolean;

  @DecimalText({
    scale: EXACT_SCALE,
    optional: true,
    signed: true,
    description:
      'Before rounding: quantity × unit price, or the sum of `steps` less `paidAhead`. Below zero where a volume tier made the month cheaper: then nothing is due, and the rest is paid ahead.',
  })
  exactCost?: string;

  @DecimalText({
    optional: true,
    description:
      'Units of this entry that the tenant had used before in the calendar month (UTC) of the use; where the price looks at the month.',
  })
  quantityBefore?: string;

  @DecimalText({
    scale: EXACT_SCALE,
    optional: true,
    description: 'What had been paid ahead in that month; where it was anything.',
  })
  paidAhead?: string;

  @DecimalText({ optional: true, description: 'Units of a month that are free; where there are any.' })
  includedQuantity?: string;

  @DecimalText({ optional: true, description: 'Units in a package; where they are sold in packages.' })
  packageSize?: string;

  @ListOf(() => RatingStep, {
    items: RATING_STEPS_MAX,
    optional: true,
    description: 'What the cost is made of; where it is more than quantity × unit price.',
  })
  steps?: RatingStep[];

  @DecimalText({
    optional: true,
    description: 'The least that a use costs; only where it was charged instead of `exactCost`.',
  })
  minimumCharge?: string;

  @Timestamp({
    optional: true,
    description:
      'Whose price applied where it is not the moment of the use: it was rated again under corrected prices.',
  })
  pricedAt?: string;
}
