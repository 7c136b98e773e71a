import fc from 'fast-check';
import { earliestStart, planPrices, type ListedPrice } from './plan.js';
import { keyOf, sameTerms, type DraftLine, type PriceEntry } from './price-entry.js';

const HOUR_MS = 3_600_000;
const NOW = new Date('2026-06-01T00:00:00.000Z');
const START = earliestStart(NOW);
/** Hours from the moment of publication. */
const at = (hours: number): Date => new Date(START.getTime() + hours * HOUR_MS);

const entry = (over: Partial<PriceEntry> = {}): PriceEntry => ({
  tenantId: null,
  category: 'llm',
  provider: 'openai',
  model: null,
  unit: 'token',
  currency: 'USD',
  scheme: 'flat',
  unitPrice: '1.0000000000',
  packageSize: null,
  tiers: [],
  includedQuantity: '0.000000',
  minimumCharge: null,
  description: null,
  ...over,
});
const listed = (
  id: string,
  from: number,
  to: number | null,
  over: Partial<PriceEntry> = {},
): ListedPrice => ({
  ...entry(over),
  id,
  from: at(from),
  to: to === null ? null : at(to),
});
const line = (
  from: number | null,
  to: number | null,
  over: Partial<PriceEntry> = {},
  number = 2,
): DraftLine => ({
  ...entry(over),
  line: number,
  from: from === null ? null : at(from).toISOString(),
  to: to === null ? null : at(to).toISOString(),
});

/** The list after a plan was carried out. */
function after(before: ListedPrice[], lines: DraftLine[]): ListedPrice[] {
  const { cancelled, ends, added } = planPrices(lines, before, START);
  const end = new Map(ends.map(({ id, to }) => [id, to]));
  const kept = before.filter(({ id }) => !cancelled.includes(id));
  return [
    ...kept.map((price) => (end.has(price.id) ? { ...price, to: end.get(price.id) ?? null } : price)),
    ...added,
  ];
}
const course = (prices: ListedPrice[]): string[] =>
  [...prices]
    .sort((one, other) => one.from.getTime() - other.from.getTime())
    .map(({ unitPrice, from, to }) => {
      const hours = (time: Date) => String((time.getTime() - START.getTime()) / HOUR_MS);
      return `${Number(unitPrice)} ${hours(from)}…${to === null ? '' : hours(to)}`;
    });
const DEAR = { unitPrice: '2.0000000000' };

describe('publishing prices', () => {
  it.each([
    ['a price for what had none starts then', [], [line(null, null)], ['1 0…']],
    ['or later', [], [line(5, null)], ['1 5…']],
    ['or in the past, where nothing had a price', [], [line(-9, null)], ['1 -9…']],
    [
      'a new one ends the one that holds',
      [listed('a', -9, null)],
      [line(null, null, DEAR)],
      ['1 -9…0', '2 0…'],
    ],
    [
      'whatever start in the past its line names',
      [listed('a', -9, null)],
      [line(-9, null, DEAR)],
      ['1 -9…0', '2 0…'],
    ],
    ['the same again changes nothing', [listed('a', -9, null)], [line(null, null)], ['1 -9…']],
    ['an end is put to one that holds', [listed('a', -9, null)], [line(-9, 5)], ['1 -9…5']],
    ['and taken away again', [listed('a', -9, 5)], [line(-9, null)], ['1 -9…']],
    [
      'an offer interrupts it, and it goes on',
      [listed('a', -9, null)],
      [line(2, 4, DEAR)],
      ['1 -9…2', '2 2…4', '1 4…'],
    ],
    [
      'one that was to come is replaced',
      [listed('a', -9, 5), listed('b', 5, null, DEAR)],
      [line(3, null, { unitPrice: '3.0000000000' })],
      ['1 -9…3', '3 3…'],
    ],
    [
      'several of one entry follow each other, in any order of lines',
      [listed('a', -9, null)],
      [line(5, null, { unitPrice: '3.0000000000' }, 3), line(null, 5, DEAR)],
      ['1 -9…0', '2 0…5', '3 5…'],
    ],
    [
      'also where the earlier one ends the price that the later one goes on with',
      [listed('a', 0, null)],
      [line(1, null), line(null, 1, {}, 3)],
      ['1 0…1', '1 1…'],
    ],
  ])('%s', (_, before, lines, expected) => {
    expect(planPrices(lines, before, START).errors).toEqual([]);
    expect(course(after(before, lines))).toEqual(expected);
  });

  it("leaves a tenant's own price and other currencies alone", () => {
    const before = [
      listed('a', -9, null),
      listed('b', -9, null, { tenantId: 't' }),
      listed('c', -9, null, { currency: 'EUR' }),
    ];
    const { ends } = planPrices([line(null, null, DEAR)], before, START);
    expect(ends.map(({ id }) => id)).toEqual(['a']);
  });

  it('gives no tenant a price of its own for a past in which the general one held', () => {
    const own = line(-5, null, { tenantId: 't', ...DEAR });
    expect(planPrices([own], [listed('a', -9, null)], START).added).toMatchObject([{ from: START }]);
    expect(planPrices([own], [listed('a', -9, -5)], START).added).toMatchObject([{ from: at(-5) }]);
  });

  it.each([
    [
      'two prices at one time',
      [line(null, null), line(3, null, DEAR, 3)],
      [],
      '/lines/3/effective_from overlaps',
    ],
    [
      'two prices at one time, one of which is there already',
      [line(4, 6), line(null, null, DEAR, 3)],
      [listed('a', 4, 6)],
      '/lines/2/effective_from overlaps',
    ],
    [
      'what would change the past',
      [line(-5, -1, DEAR)],
      [listed('a', -9, null)],
      '/lines/2/effective_to past',
    ],
  ])('refuses %s', (_, lines, before, error) => {
    const { errors } = planPrices(lines, before, START);
    expect(errors.map(({ pointer, code }) => `${pointer} ${code}`)).toEqual([error]);
  });

  const price = fc.integer({ min: 1, max: 3 }).map((n) => ({ unitPrice: `${n}.0000000000` }));
  const edges = fc
    .uniqueArray(fc.integer({ min: -8, max: 8 }), { minLength: 2, maxLength: 6 })
    .map((hours) => hours.sort((a, b) => a - b));
  const before = fc
    .tuple(edges, fc.array(price, { minLength: 6, maxLength: 6 }), fc.boolean())
    .map(([hours, prices, open]) =>
      hours.slice(0, -1).map((from, i) => {
        const last = i === hours.length - 2;
        return listed(`p${i}`, from, last && open ? null : (hours[i + 1] as number), prices[i]);
      }),
    );
  const lines = fc
    .array(
      fc.tuple(fc.option(fc.integer({ min: -8, max: 8 })), fc.option(fc.integer({ min: 1, max: 8 })), price),
      { maxLength: 4 },
    )
    .map((all) =>
      all
        .map(([from, length, over], i) =>
          line(from, length === null ? null : (from ?? 0) + length, over, i + 2),
        )
        .filter(({ from, to }) => from === null || to === null || from < to),
    );

  it('never makes two prices hold at once, and never changes what held before', () => {
    fc.assert(
      fc.property(before, lines, (list, draft) => {
        const left = after(list, draft);
        for (let hour = -9; hour <= 18; hour += 0.5) {
          const moment = at(hour);
          const valid = (prices: ListedPrice[]) =>
            prices.filter(({ from, to }) => from <= moment && (to === null || moment < to));
          expect(valid(left).length).toBeLessThanOrEqual(1);
          const [then] = valid(list);
          if (then && hour < 0)
            expect(valid(left)).toEqual([
              expect.objectContaining({ id: then.id, unitPrice: then.unitPrice }),
            ]);
        }
      }),
    );
  });

  it('makes the price of each line hold for all the time that it claims', () => {
    fc.assert(
      fc.property(before, lines, (list, draft) => {
        fc.pre(planPrices(draft, list, START).errors.length === 0);
        const left = after(list, draft);
        for (const wish of draft) {
          for (let hour = 0; hour <= 18; hour += 0.5) {
            const moment = at(hour);
            const holds = ({ from, to }: { from: Date; to: Date | null }) =>
              from <= moment && (to === null || moment < to);
            const from = wish.from === null ? START : new Date(wish.from);
            if (!holds({ from, to: wish.to === null ? null : new Date(wish.to) })) continue;
            expect(left.filter(holds).map(({ unitPrice }) => unitPrice)).toEqual([wish.unitPrice]);
          }
        }
      }),
    );
  });

  it('changes nothing more when the same draft is planned again on what it made', () => {
    fc.assert(
      fc.property(before, lines, (list, draft) => {
        const first = planPrices(draft, list, START);
        fc.pre(first.errors.length === 0);
        const again = planPrices(draft, after(list, draft), START);
        expect(course(after(after(list, draft), draft))).toEqual(course(after(list, draft)));
        expect(
          again.added.every((made) =>
            draft.some((wish) => keyOf(wish) === keyOf(made) && sameTerms(wish, made)),
          ),
        ).toBe(true);
      }),
    );
  });
});
