import fc from 'fast-check';
import { amount } from '@leadwire/kernel';
import { priceRow as price } from '../../test/price-row.js';
import { NOTHING_SO_FAR, priceAt, rate, type MonthSoFar, type PriceRow } from './rating.js';

const JUNE = new Date('2026-06-01T00:00:00Z');
const TIERS = [
  { upTo: '100', unitPrice: '1' },
  { upTo: '1000', unitPrice: '0.8' },
];

/** What a series of uses of one month costs, one by one. */
function month(row: PriceRow, quantities: string[]) {
  let so: MonthSoFar = NOTHING_SO_FAR;
  const items = quantities.map((quantity) => {
    const rated = rate(row, quantity, so);
    so = rated.month;
    return rated.item;
  });
  return { items, costs: items.map(({ cost }) => cost), month: so };
}

describe('the price of a moment', () => {
  const before = price('before', { effectiveTo: JUNE });
  const after = price('after', { effectiveFrom: JUNE });

  it('changes exactly at the start of the new validity', () => {
    expect(priceAt([before, after], new Date(JUNE.getTime() - 1)).id).toBe('before');
    expect(priceAt([before, after], JUNE).id).toBe('after');
  });

  it("is the tenant's own where it has one, and the general one otherwise", () => {
    const july = new Date('2026-07-01T00:00:00Z');
    const own = price('own', { own: true, effectiveFrom: JUNE, effectiveTo: july });
    expect(priceAt([after, own], JUNE).id).toBe('own');
    expect(priceAt([after, own], july).id).toBe('after');
  });

  it('is missing before the first validity', () => {
    expect(() => priceAt([after], new Date('2026-05-31T23:59:59Z'))).toThrow(
      expect.objectContaining({ code: 'price.missing' }),
    );
  });

  it('is refused where two are valid, instead of one being guessed', () => {
    expect(() => priceAt([after, price('too')], JUNE)).toThrow(
      expect.objectContaining({ code: 'price.ambiguous' }),
    );
  });
});

describe('the cost of a use', () => {
  it.each([
    ['0.0010000000', '1', '0.001000', '0.001'],
    ['0.0000005000', '1', '0.000000', '0.0000005'],
    ['0.0000015000', '1', '0.000002', '0.0000015'],
    ['0.0000025000', '1', '0.000002', '0.0000025'],
    ['0.1000000000', '3', '0.300000', '0.3'],
    ['0.0000000001', '12345678901234', '1234.567890', '1234.5678901234'],
  ])('at %s for %s is %s: exact, half to even', (unitPrice, quantity, cost, exactCost) => {
    expect(rate(price('p', { unitPrice }), quantity).item).toMatchObject({
      cost,
      exactCost,
      priceId: 'p',
      unitPrice,
      quantity,
      scheme: 'flat',
      currency: 'USD',
      own: false,
    });
  });

  it.each(['-1', '1.0000001', 'NaN', 'Infinity', '1e3', '', '999999999999999'])(
    'is not made of the quantity %p',
    (quantity) => {
      expect(() => rate(price('p'), quantity)).toThrow(
        expect.objectContaining({ code: 'price.bad_quantity' }),
      );
    },
  );

  it('is refused where no wallet could ever pay it', () => {
    expect(() => rate(price('p', { unitPrice: '10' }), '99999999999999')).toThrow(
      expect.objectContaining({ code: 'price.too_large' }),
    );
  });

  it('is at least the minimum, which says so, and nothing for nothing', () => {
    const row = price('p', { minimumCharge: '0.050000' });
    expect(rate(row, '10').item).toMatchObject({
      cost: '0.050000',
      exactCost: '0.01',
      minimumCharge: '0.050000',
    });
    expect(rate(row, '100').item).not.toHaveProperty('minimumCharge');
    expect(rate(row, '0').item).toMatchObject({ cost: '0.000000' });
  });
});

describe('a price that looks at the month', () => {
  it('leaves the included units free, and their use without a minimum', () => {
    const row = price('p', { unitPrice: '2', includedQuantity: '10', minimumCharge: '5' });
    const { costs, items } = month(row, ['7', '4', '4']);
    expect(costs).toEqual(['0.000000', '5.000000', '8.000000']);
    expect(items[1]).toMatchObject({
      quantityBefore: '7',
      includedQuantity: '10',
      exactCost: '2',
      steps: [{ upTo: null, quantity: '1', unitPrice: '2', cost: '2' }],
    });
  });

  it('sells packages whole, and takes from the one that was begun', () => {
    const row = price('p', { scheme: 'package', packageSize: '1000', unitPrice: '3' });
    const { costs, items } = month(row, ['1', '999', '1', '2500', '0.5']);
    expect(costs).toEqual(['3.000000', '0.000000', '3.000000', '6.000000', '0.000000']);
    expect(items[3]).toMatchObject({ packageSize: '1000', steps: [{ quantity: '2', cost: '6' }] });
  });

  it('graduated: asks of each unit what its own tier says', () => {
    const row = price('p', { scheme: 'graduated', tiers: TIERS, unitPrice: '0.5' });
    const { costs, items } = month(row, ['50', '100', '1000']);
    expect(costs).toEqual(['50.000000', '90.000000', '755.000000']);
    expect(items[2]).toMatchObject({
      quantityBefore: '150',
      exactCost: '755',
      steps: [
        { upTo: '1000', quantity: '850', unitPrice: '0.8', cost: '680' },
        { upTo: null, quantity: '150', unitPrice: '0.5', cost: '75' },
      ],
    });
  });

  it('volume: asks of all units what the reached tier says, and what was paid for dearer ones pays for the next', () => {
    const row = price('p', { scheme: 'volume', tiers: TIERS, unitPrice: '0.5' });
    const { costs, items, month: left } = month(row, ['100', '10', '20', '870', '1']);
    // 100 at 1; 110 and 130 at 0.8 are 88 and 104; 1000 at 0.8 are 800; 1001 at 0.5 are 500.5.
    expect(costs).toEqual(['100.000000', '0.000000', '4.000000', '696.000000', '0.000000']);
    expect(items[1]).toMatchObject({
      exactCost: '-12',
      steps: [
        { upTo: '1000', quantity: '110', cost: '88' },
        { upTo: '100', quantity: '-100', cost: '-100' },
      ],
    });
    expect(items[2]).toMatchObject({ paidAhead: '12', exactCost: '4' });
    expect(left).toEqual({ quantity: '1001', paidAhead: '299.5' });
  });

  it('takes included units out before it counts tiers', () => {
    const row = price('p', { scheme: 'graduated', tiers: TIERS, unitPrice: '0.5', includedQuantity: '10' });
    expect(month(row, ['110', '1']).costs).toEqual(['100.000000', '0.800000']);
  });
});

const decimals = (digits: number, max: number) =>
  fc.integer({ min: 0, max: max * 10 ** digits }).map((n) =>
    amount(String(n))
      .div(10 ** digits)
      .toFixed(),
  );
const tiered = fc
  .tuple(
    fc.constantFrom('graduated' as const, 'volume' as const),
    fc.array(fc.tuple(fc.integer({ min: 1, max: 500 }), decimals(4, 9)), { minLength: 1, maxLength: 5 }),
    decimals(4, 9),
    fc.integer({ min: 0, max: 50 }),
  )
  .map(([scheme, widths, unitPrice, included]) => {
    let upTo = 0;
    const tiers = widths.map(([width, price]) => ({ upTo: String((upTo += width)), unitPrice: price }));
    return price('p', { scheme, tiers, unitPrice, includedQuantity: String(included) });
  });
const packages = fc
  .tuple(fc.integer({ min: 1, max: 300 }), decimals(4, 9))
  .map(([size, unitPrice]) => price('p', { scheme: 'package', packageSize: String(size), unitPrice }));
const anyPrice = fc.oneof(
  tiered,
  packages,
  decimals(6, 9).map((unitPrice) => price('p', { unitPrice })),
);
const quantities = fc.array(decimals(3, 400), { minLength: 1, maxLength: 12 });
const total = (texts: (string | undefined)[]) =>
  texts.reduce((sum, text) => sum.add(text ?? '0'), amount('0'));

describe('any price', () => {
  it('costs the same for a month in one use or in many, to the last digit before rounding', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          tiered.filter(({ scheme }) => scheme === 'graduated'),
          packages,
        ),
        quantities,
        (row, uses) => {
          const whole = rate(row, total(uses).toFixed()).item.exactCost;
          expect(total(month(row, uses).items.map(({ exactCost }) => exactCost)).toFixed()).toBe(whole);
        },
      ),
    );
  });

  it('volume: never takes less than the month costs, and no more than that and what is paid ahead', () => {
    fc.assert(
      fc.property(
        tiered.filter(({ scheme }) => scheme === 'volume'),
        quantities,
        (row, uses) => {
          const whole = amount(rate(row, total(uses).toFixed()).item.exactCost as string);
          const { items, month: left } = month(row, uses);
          const taken = items.reduce((sum, { exactCost }) => {
            const exact = amount(exactCost as string);
            return exact.gt(0) ? sum.add(exact) : sum;
          }, amount('0'));
          expect(taken.sub(left.paidAhead).toFixed()).toBe(whole.toFixed());
        },
      ),
    );
  });

  it('never costs less than nothing, and keeps evidence that adds up and rates the same again', () => {
    fc.assert(
      fc.property(anyPrice, quantities, (row, uses) => {
        for (const item of month(row, uses).items) {
          const { steps, exactCost, paidAhead = '0', quantityBefore: quantity = '0', cost } = item;
          if (steps)
            expect(
              total(steps.map((step) => step.cost))
                .sub(paidAhead)
                .toFixed(),
            ).toBe(exactCost);
          expect(amount(cost).gte(0)).toBe(true);
          expect(rate(row, item.quantity, { quantity, paidAhead }).item).toEqual(item);
        }
      }),
    );
  });

  it('rounds once: a cost is within half a millionth of what it is exactly', () => {
    fc.assert(
      fc.property(anyPrice, quantities, (row, uses) => {
        for (const { cost, exactCost } of month(row, uses).items) {
          const exact = amount(exactCost as string);
          if (exact.gte(0)) expect(exact.sub(cost).abs().lte('0.0000005')).toBe(true);
        }
      }),
    );
  });
});
