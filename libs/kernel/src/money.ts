import { Decimal } from 'decimal.js';

/** Exact decimal arithmetic; enough digits that no product of two numeric(20,10) is cut before we round it ourselves. */
const Exact = Decimal.clone({ precision: 60, rounding: Decimal.ROUND_HALF_EVEN });
export type Amount = Decimal;

/** Digits after the point of every stored money column (`numeric(20,6)`). */
export const MONEY_SCALE = 6;

/** An exact amount from its decimal text. Floats are refused on purpose: pass strings. */
export function amount(value: string | Decimal): Amount {
  return new Exact(value);
}

/** Rounds once, at the boundary, half to even, to the scale of the money columns. */
export function roundMoney(value: Amount): Amount {
  return value.toDecimalPlaces(MONEY_SCALE, Decimal.ROUND_HALF_EVEN);
}

/** The canonical text of a stored amount: always six decimals, so that equal amounts are equal strings. */
export function moneyText(value: Amount): string {
  return roundMoney(value).toFixed(MONEY_SCALE);
}
