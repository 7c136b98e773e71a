import fc from 'fast-check';
import { amount, type Amount } from '@leadwire/kernel';
import { priceRow } from '../../test/price-row.js';
import { NOTHING_SO_FAR, rate, shareOf, takenFor, type MonthSoFar, type PriceRow } from './rating.js';
import { without, type UsedItem } from './taking-back.js';

const occurredAt = new Date('2026-06-10T00:00:00Z');
const volume = (id: string, over: Partial<PriceRow> = {}): PriceRow =>
  priceRow(id, { scheme: 'volume', unitPrice: '0.1', tiers: [{ upTo: '1000', unitPrice: '1' }], ...over });

/** A month that is used, one by one, and what is left of it when some of that is taken back. */
class Month {
  private soFar: MonthSoFar = NOTHING_SO_FAR;
  readonly used: UsedItem[] = [];

  constructor(private readonly prices: PriceRow[]) {}

  use(quantity: string, price = this.prices[0] as PriceRow): UsedItem {
    const { item, month } = rate(price, quantity, this.soFar);
    this.soFar = month;
    const used = { item, occurredAt };
    this.used.push(used);
    return used;
  }

  takeBack(used: UsedItem): void {
    this.soFar = without(this.soFar, used, this.prices);
    this.used.splice(this.used.indexOf(used), 1);
  }

  get paidAhead(): string {
    return this.soFar.paidAhead;
  }

  get taken(): Amount {
    return this.used.reduce((sum, { item }) => sum.add(takenFor(item)), amount('0'));
  }

  get price(): Amount {
    return shareOf(this.prices[0] as PriceRow, amount('0'), amount(this.soFar.quantity));
  }
}

describe('a month of which uses are taken back', () => {
  it('is ahead by what was taken beyond its price, whatever comes and goes', () => {
    const tiered = fc
      .tuple(
        fc.constantFrom('volume' as const, 'graduated' as const),
        fc.array(fc.tuple(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 0, max: 900 })), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.integer({ min: 0, max: 50 }),
      )
      .map(([scheme, widths, included]) => {
        let upTo = 0;
        const tiers = widths.map(([width, cents]) => ({
          upTo: String((upTo += width)),
          unitPrice: amount(String(cents)).div(100).toFixed(),
        }));
        return volume('p', { scheme, tiers, includedQuantity: String(included) });
      });
    const steps = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 300 })), { maxLength: 25 });
    fc.assert(
      fc.property(tiered, steps, (price, doings) => {
        const month = new Month([price]);
        for (const [takesBack, number] of doings) {
          const known = month.used[number % Math.max(1, month.used.length)];
          if (takesBack && known) month.takeBack(known);
          else month.use(String(number));
          expect(month.taken.sub(month.price).toFixed()).toBe(amount(month.paidAhead).toFixed());
        }
      }),
    );
  });

  it('is never ahead by what its price changed in between', () => {
    const first = volume('first', { effectiveTo: occurredAt, unitPrice: '5', tiers: [] });
    const second = volume('second', { effectiveFrom: occurredAt, tiers: [] });
    const month = new Month([first, second]);
    const dear = month.use('10');
    month.use('100', second);
    month.takeBack(dear);
    expect(amount(month.paidAhead).lte(0)).toBe(true);
  });
});
