import { priceErrors, type UsageItem } from '@leadwire/contracts';
import { amount, moneyText, roundMoney } from '@leadwire/kernel';

/** What is priced: an entry of the price list without its time and price. */
export type Priced = { category: string; provider: string; model: string | null; unit: string };

/** One validity of one entry; a tenant's own goes before the general one. */
export type PriceRow = Priced & {
  id: string;
  own: boolean;
  unitPrice: string;
  effectiveFrom: Date;
  /** Exclusive; null while it has no end. */
  effectiveTo: Date | null;
};

/** The price that was valid at `moment`, among all validities of one entry; its start belongs to it, its end does not. */
export function priceAt(prices: PriceRow[], moment: Date): PriceRow | undefined {
  const valid = prices.filter(
    ({ effectiveFrom, effectiveTo }) =>
      effectiveFrom <= moment && (effectiveTo === null || moment < effectiveTo),
  );
  return valid.find(({ own }) => own) ?? valid[0];
}

/**
 * Rates a use at the price of its moment, and keeps what is needed to do it again: cost = quantity × unit price, rounded
 * half to even to the scale of the ledger, once, here.
 * @throws AppError `price.missing`
 */
export function rate(prices: PriceRow[], quantity: string, moment: Date): UsageItem {
  const price = priceAt(prices, moment);
  if (!price) throw priceErrors.missing({ internal: `no price at ${moment.toISOString()}` });
  const { category, provider, model, unit, unitPrice, id, effectiveFrom } = price;
  return {
    category,
    provider,
    model,
    unit,
    quantity,
    unitPrice,
    priceId: id,
    priceEffectiveFrom: effectiveFrom.toISOString(),
    cost: moneyText(roundMoney(amount(unitPrice).mul(quantity))),
  };
}
