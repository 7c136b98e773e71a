import { currencyDigits, fromMinorUnits, isCurrency, minorUnitText, toMinorUnits } from './currency.js';
import { amount } from './money.js';

describe('money at the boundary', () => {
  it.each([
    ['USD', '12.34', 1234],
    ['USD', '0.005', 0],
    ['USD', '0.015', 2],
    ['USD', '0.025', 2],
    ['USD', '0.025001', 3],
    ['USD', '-0.015', -2],
    ['USD', '-0.001', 0],
    ['JPY', '500', 500],
    ['JPY', '0.5', 0],
    ['JPY', '1.5', 2],
    ['KWD', '1.2345', 1234],
    ['KWD', '1.2355', 1236],
    ['EUR', '1000000', 100_000_000],
  ])('rounds half to even to the minor unit of %s: %s is %i', (currency, value, units) => {
    expect(toMinorUnits(amount(value), currency)).toBe(units);
  });

  it.each([
    ['USD', 1234, '12.34'],
    ['JPY', 500, '500'],
    ['KWD', -1, '-0.001'],
  ])('comes back from minor units of %s exactly', (currency, units, text) => {
    expect(fromMinorUnits(units, currency).toFixed()).toBe(text);
    expect(toMinorUnits(fromMinorUnits(units, currency), currency)).toBe(units);
  });

  it('is shown with all digits of its currency and no more', () => {
    expect(minorUnitText(amount('7.1'), 'USD')).toBe('7.10');
    expect(minorUnitText(amount('-0.001'), 'USD')).toBe('0.00');
    expect(minorUnitText(amount('7.1'), 'JPY')).toBe('7');
    expect(minorUnitText(amount('7.1'), 'BHD')).toBe('7.100');
  });

  it.each(['usd', 'US', 'DEM', 'XAU', '', 'BTC', '__proto__'])('refuses %p, which nobody pays in', (code) => {
    expect(isCurrency(code)).toBe(false);
    expect(() => currencyDigits(code)).toThrow(expect.objectContaining({ code: 'currency.unknown' }));
    expect(() => toMinorUnits(amount('1'), code)).toThrow(
      expect.objectContaining({ code: 'currency.unknown' }),
    );
  });
});
