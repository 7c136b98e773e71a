import { amount, currencyDigits, roundToMinorUnit, type Amount } from '@leadwire/kernel';
import fc from 'fast-check';
import { allocate, settle } from './allocation.js';

const sum = (values: Amount[]) => values.reduce((total, value) => total.add(value), amount('0'));
const micros = fc
  .integer({ min: -2_000_000, max: 2_000_000_000 })
  .map((n) => amount(String(n)).div(1_000_000));
const currencies = fc.constantFrom('USD', 'JPY', 'KWD');

describe('what a period comes to', () => {
  it('leaves what is below the minor unit to the next invoice, so that nothing is lost or asked for twice', () => {
    fc.assert(
      fc.property(fc.array(micros, { minLength: 1, maxLength: 30 }), currencies, (periods, currency) => {
        let carried = amount('0');
        const asked = periods.map((exact) => {
          const { subtotal, carriedOut } = settle(exact, carried, currency);
          carried = carriedOut;
          expect(subtotal.eq(roundToMinorUnit(subtotal, currency))).toBe(true);
          return subtotal;
        });
        expect(sum(asked).add(carried).eq(sum(periods))).toBe(true);
        const half = amount('10').pow(-currencyDigits(currency)).div(2);
        expect(carried.abs().lte(half)).toBe(true);
      }),
    );
  });

  it('is shared between lines that sum up to it, each less than two minor units from what it is exactly', () => {
    fc.assert(
      fc.property(fc.array(micros, { minLength: 1, maxLength: 30 }), currencies, (lines, currency) => {
        const { subtotal } = settle(sum(lines), amount('0'), currency);
        const shares = allocate(lines, subtotal, currency);
        const unit = amount('10').pow(-currencyDigits(currency));
        expect(sum(shares).eq(subtotal)).toBe(true);
        shares.forEach((share, i) => {
          expect(
            share
              .sub(lines[i] as Amount)
              .abs()
              .lt(unit.mul(2)),
          ).toBe(true);
          expect(share.mod(unit).isZero()).toBe(true);
        });
      }),
    );
  });

  it.each([
    [['0.333', '0.333', '0.333'], '1.00', ['0.34', '0.33', '0.33']],
    [['1.005', '2.005'], '3.01', ['1.01', '2.00']],
    [['10', '-2.5'], '7.50', ['10', '-2.5']],
    [['0.004'], '0.01', ['0.01']],
    [['0.004', '0.001'], '0.03', ['0.02', '0.01']],
    [['0.011'], '0.00', ['0']],
  ])('shares %p of %s as %p', (exact, total, shares) => {
    expect(allocate(exact.map(amount), amount(total), 'USD').map((share) => share.toFixed())).toEqual(
      shares.map((share) => amount(share).toFixed()),
    );
  });
});
