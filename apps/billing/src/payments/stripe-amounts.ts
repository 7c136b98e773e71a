import { currencyDigits, fromMinorUnits, toMinorUnits, type Amount } from '@leadwire/kernel';

// Where Stripe counts otherwise than ISO 4217 says: https://docs.stripe.com/currencies#special-cases
/** Counted in hundredths although the currency has none any more; the hundredths must be zero. */
const COUNTED_IN_HUNDREDTHS = new Set(['ISK', 'UGX']);
/** Counted whole although ISO gives it digits. */
const COUNTED_WHOLE = new Set(['MGA']);

/** An amount as Stripe counts it. @throws AppError `currency.unknown` */
export function toStripeAmount(value: Amount, currency: string): number {
  if (COUNTED_IN_HUNDREDTHS.has(currency)) return toMinorUnits(value, currency) * 100;
  if (COUNTED_WHOLE.has(currency)) return value.round().toNumber();
  const units = toMinorUnits(value, currency);
  // Three digits are counted, two are meant: Stripe insists on a zero at the end.
  return currencyDigits(currency) === 3 ? Math.round(units / 10) * 10 : units;
}

/** The amount that Stripe means. @throws AppError `currency.unknown` */
export function fromStripeAmount(units: number, currency: string): Amount {
  if (COUNTED_IN_HUNDREDTHS.has(currency)) return fromMinorUnits(units, currency).div(100);
  if (COUNTED_WHOLE.has(currency)) return fromMinorUnits(units, currency).mul(10 ** currencyDigits(currency));
  return fromMinorUnits(units, currency);
}

/** Whether Stripe can take exactly this much, no more and no less. */
export function isPayable(value: Amount, currency: string): boolean {
  return fromStripeAmount(toStripeAmount(value, currency), currency).eq(value);
}
