import { invalidRequest } from './wire/stripe-error.js';

/** What Stripe charges at least, in the minor unit (docs.stripe.com/currencies). */
const MINIMUM: Record<string, number> = { usd: 50, eur: 50, chf: 50, cad: 50, aud: 50, jpy: 50, gbp: 30 };
const DIGITS_MAX = 99_999_999;
const THREE_DECIMALS = new Set(['bhd', 'jod', 'kwd', 'omr', 'tnd']);
const CURRENCIES = new Set(Intl.supportedValuesOf('currency').map((code) => code.toLowerCase()));

/** @throws StripeError when there is no such currency; its name goes over the wire in lower case */
export function checkCurrency(currency: string, param = 'currency'): string {
  const code = currency.toLowerCase();
  if (CURRENCIES.has(code)) return code;
  throw invalidRequest(`Invalid currency: ${code}.`, { param });
}

/** Whether an amount can be charged. @throws amount_too_small, amount_too_large, or that its last digit must be 0 */
export function checkAmount(amount: number, currency: string, param = 'amount'): number {
  const minimum = MINIMUM[currency] ?? 1;
  if (amount < minimum) {
    throw invalidRequest(`Amount must be at least ${minimum} ${currency}`, {
      code: 'amount_too_small',
      param,
    });
  }
  if (amount > DIGITS_MAX) {
    throw invalidRequest('Amount must be no more than 8 digits', { code: 'amount_too_large', param });
  }
  if (THREE_DECIMALS.has(currency) && amount % 10 !== 0) {
    throw invalidRequest(`Amounts in ${currency} must be evenly divisible by 10`, { param });
  }
  return amount;
}
