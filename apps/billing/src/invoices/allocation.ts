import { amount, assert, currencyDigits, roundToMinorUnit, type Amount } from '@leadwire/kernel';
import { Decimal } from 'decimal.js';

/** What an invoice asks for, and what is too small to ask for: it goes on the next one. */
export type Settlement = { subtotal: Amount; carriedOut: Amount };

/**
 * What postings of `exact` in all come to in minor units. The ledger keeps six decimals, an invoice two: what rounding leaves over is
 * carried to the next invoice, so that all invoices together ask for exactly what was debited, whatever happened how often.
 */
export function settle(exact: Amount, carriedIn: Amount, currency: string): Settlement {
  const owed = exact.add(carriedIn);
  const subtotal = roundToMinorUnit(owed, currency);
  return { subtotal, carriedOut: owed.sub(subtotal) };
}

/**
 * Shares `total`, in whole minor units, between lines as near to their exact amounts as it goes (largest remainders), so that the
 * lines of an invoice sum up to its subtotal. The same input gives the same shares.
 */
export function allocate(exact: Amount[], total: Amount, currency: string): Amount[] {
  assert(exact.length > 0, 'something is shared between lines');
  const unit = amount('10').pow(-currencyDigits(currency));
  const floors = exact.map((value) => value.div(unit).toDecimalPlaces(0, Decimal.ROUND_FLOOR));
  let left = total.div(unit).sub(floors.reduce((sum, value) => sum.add(value), amount('0')));
  assert(left.isInteger(), 'a subtotal is in whole minor units');
  const remainder = (i: number) => (exact[i] as Amount).div(unit).sub(floors[i] as Amount);
  const byRemainder = exact.map((_, i) => i).sort((a, b) => remainder(b).cmp(remainder(a)) || a - b);
  // More than one round only where what was carried in is more than the remainders of a few lines.
  for (let i = 0; !left.isZero(); i = (i + 1) % exact.length) {
    const step = amount(left.gt(0) ? '1' : '-1');
    const at = (left.gt(0) ? byRemainder[i] : byRemainder[exact.length - 1 - i]) as number;
    floors[at] = (floors[at] as Amount).add(step);
    left = left.sub(step);
  }
  return floors.map((units) => units.mul(unit));
}
