import { amount } from '@leadwire/kernel';

/** How many whole units at `unitPrice` an amount still buys; what is free is not counted. */
export function affordableUnits(available: string, unitPrice: string): number | null {
  const price = amount(unitPrice);
  if (price.lte(0)) return null;
  const units = amount(available).div(price).floor();
  return units.gt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Math.max(0, units.toNumber());
}
