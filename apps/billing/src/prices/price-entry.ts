import { amount } from '@leadwire/kernel';
import type { PriceTerms, Priced } from '../usage/rating.js';

/** What something costs, and for whom: null for everybody. Decimals are canonical text, so that equal terms are equal texts. */
export type PriceEntry = Priced & PriceTerms & { tenantId: string | null; description: string | null };

/** A line of a file of prices: an entry, and when it is to hold. */
export type DraftLine = PriceEntry & {
  line: number;
  /** ISO 8601; null for the moment of publication. */
  from: string | null;
  to: string | null;
};

/** Whose price of what in which currency: of one key, one price holds at a time. */
export function keyOf({
  tenantId,
  currency,
  ...priced
}: Priced & { tenantId: string | null; currency: string }): string {
  return JSON.stringify([tenantId, entryOf(priced), currency]);
}

/** An entry as people read it. */
export function entryOf({ category, provider, model, unit }: Priced): string {
  return [category, provider, ...(model === null ? [] : [model]), unit].join(' / ');
}

/** Whether two prices cost the same for every use. */
export function sameTerms(one: PriceEntry, other: PriceEntry): boolean {
  return termsKey(one) === termsKey(other);
}

function termsKey(entry: PriceEntry): string {
  const { scheme, unitPrice, packageSize, tiers, includedQuantity, minimumCharge, description } = entry;
  const steps = tiers.map((tier) => [tier.upTo, tier.unitPrice]);
  return JSON.stringify([
    scheme,
    unitPrice,
    packageSize,
    steps,
    includedQuantity,
    minimumCharge,
    description,
  ]);
}

/** What something costs in one line, for operators. */
export function priceText(entry: PriceEntry): string {
  const { scheme, unitPrice, currency, packageSize, tiers, includedQuantity, minimumCharge } = entry;
  const plain = (text: string): string => amount(text).toFixed();
  const price = [
    scheme,
    ...tiers.map((tier) => `up to ${plain(tier.upTo)}: ${plain(tier.unitPrice)},`),
    ...(tiers.length > 0 ? ['then'] : []),
    plain(unitPrice),
    currency,
    ...(packageSize === null ? [] : [`per ${plain(packageSize)}`]),
  ].join(' ');
  const notes = [
    ...(amount(includedQuantity).isZero() ? [] : [`${plain(includedQuantity)} included`]),
    ...(minimumCharge === null ? [] : [`at least ${plain(minimumCharge)}`]),
  ];
  return [price, ...notes].join('; ');
}
