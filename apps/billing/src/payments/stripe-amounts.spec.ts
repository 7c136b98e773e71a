import { amount } from '@leadwire/kernel';
import { fromStripeAmount, isPayable, toStripeAmount } from './stripe-amounts.js';

describe('amounts as Stripe counts them', () => {
  it.each([
    ['12.34', 'USD', 1_234],
    ['500', 'JPY', 500],
    ['5', 'ISK', 500],
    ['5', 'UGX', 500],
    ['5', 'MGA', 5],
    ['1.230', 'KWD', 1_230],
    ['999999.99', 'EUR', 99_999_999],
  ])('%s %s is %d, and back', (text, currency, units) => {
    expect(toStripeAmount(amount(text), currency)).toBe(units);
    expect(fromStripeAmount(units, currency).eq(text)).toBe(true);
    expect(isPayable(amount(text), currency)).toBe(true);
  });

  it.each([
    ['12.345', 'USD'],
    ['0.5', 'JPY'],
    ['0.5', 'ISK'],
    ['0.2', 'MGA'],
    ['1.234', 'KWD'],
    ['0.000001', 'EUR'],
  ])('%s %s cannot be paid exactly', (text, currency) => {
    expect(isPayable(amount(text), currency)).toBe(false);
  });
});
