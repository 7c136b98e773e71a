import type { PreviewLine, UsageItem } from '@leadwire/contracts';
import { amount, type Amount } from '@leadwire/kernel';
import { CostDifferences } from './cost-differences.js';
import { entryKey } from './rater.js';
import {
  monthOf,
  NOTHING_SO_FAR,
  priceAt,
  rate,
  shareOf,
  takenFor,
  type MonthSoFar,
  type PriceRow,
} from './rating.js';
import type { RatedUseRow } from './rerating.queries.js';
import { entryMonthOf, isCounted, shareThen, type MonthChange, type UsedItem } from './taking-back.js';

/** A use that costs otherwise, or leaves its months otherwise, with its items rated again and what that makes of its months. */
export type Changed = { use: RatedUseRow; items: UsageItem[]; delta: Amount; months: MonthChange[] };
/** An item rated again, and how its month changes where either price looks at it; whether also for the price of the month. */
type Again = { item: UsageItem; change?: MonthChange; moves?: boolean };

/**
 * Rates usage again, in the order in which it happened, at the prices of one moment. Months are counted from their begin, so uses
 * before the span must be shown to it too. What has no price then stays as it is, and so does what lies above a quota.
 */
export class RatingAgain {
  private readonly months = new Map<string, MonthSoFar>();
  /** Of each month, the units that count until now. */
  private readonly counted = new Map<string, Amount>();
  private readonly differences = new CostDifferences();

  constructor(
    private readonly pricesAt: Date,
    private readonly from: Date,
    private readonly feature: string | undefined,
  ) {}

  /**
   * @param former the prices that the use was rated by until now
   * @returns the use with other items, if they or their months cost otherwise and it belongs to the span
   */
  add(use: RatedUseRow, prices: PriceRow[], former: PriceRow[]): Changed | undefined {
    const again = use.items.map((item) => this.rateItem(use, item, prices, former));
    if (use.occurredAt < this.from || (this.feature !== undefined && use.feature !== this.feature))
      return undefined;
    const items = again.map(({ item }) => item);
    use.items.forEach((item, i) => this.differences.add(item, items[i] as UsageItem, use.currency));
    const delta = totalOf(items).sub(use.cost);
    if (delta.isZero() && !again.some(({ moves }) => moves)) return undefined;
    return { use, items, delta, months: again.flatMap(({ change }) => change ?? []) };
  }

  lines(): PreviewLine[] {
    return this.differences.lines();
  }

  private rateItem(
    { occurredAt, currency }: RatedUseRow,
    item: UsageItem,
    prices: PriceRow[],
    former: PriceRow[],
  ): Again {
    if (item.scheme === 'overage') return { item };
    const key = entryKey(item);
    const monthKey = `${key}\n${monthOf(occurredAt)}`;
    const counted = this.counted.get(monthKey) ?? amount('0');
    if (isCounted(item)) this.counted.set(monthKey, counted.add(item.quantity));
    const own = prices.filter(
      (price) => entryKey(price) === key && price.currency === (item.currency ?? currency),
    );
    if (own.length === 0) return { item };
    const price = priceAt(own, this.pricesAt);
    const { item: rated, month } = rate(price, item.quantity, this.months.get(monthKey) ?? NOTHING_SO_FAR);
    this.months.set(monthKey, month);
    const again = { ...rated, pricedAt: this.pricesAt.toISOString() };
    const used = { item, occurredAt };
    return { item: again, ...monthChange(used, again, shareBefore(item, former, counted)) };
  }
}

function monthChange(used: UsedItem, again: UsageItem, share: Amount): Pick<Again, 'change' | 'moves'> {
  const [is, was] = [partOf(again, shareThen(again)), partOf(used.item, share)];
  if (!isCounted(used.item) && !isCounted(again)) return {};
  const quantity = is.quantity.sub(was.quantity);
  const paidAhead = is.taken.sub(is.share).sub(was.taken.sub(was.share));
  const moves = !quantity.isZero() || !is.share.eq(was.share);
  return { change: { entry: entryMonthOf(used), quantity, paidAhead }, moves };
}

/** What an item is of its month: so many units, what was taken for them, and what they added to its price. */
function partOf(item: UsageItem, share: Amount): { quantity: Amount; taken: Amount; share: Amount } {
  const none = amount('0');
  if (!isCounted(item)) return { quantity: none, taken: none, share: none };
  return { quantity: amount(item.quantity), taken: takenFor(item), share };
}

// In the order in which things happened, as all that is rated again: in that in which they came in, shares add up otherwise.
function shareBefore(item: UsageItem, former: PriceRow[], counted: Amount): Amount {
  const price = former.find(({ id }) => id === item.priceId);
  return price ? shareOf(price, counted, counted.add(item.quantity)) : shareThen(item);
}

function totalOf(items: UsageItem[]): Amount {
  return items.reduce((total, { cost }) => total.add(cost), amount('0'));
}
