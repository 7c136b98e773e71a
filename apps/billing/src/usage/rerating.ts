import type { PreviewLine, UsageItem } from '@leadwire/contracts';
import { amount, type Amount } from '@leadwire/kernel';
import { CostDifferences } from './cost-differences.js';
import { entryKey } from './rater.js';
import { monthOf, NOTHING_SO_FAR, priceAt, rate, type MonthSoFar, type PriceRow } from './rating.js';
import type { RatedUseRow } from './rerating.queries.js';

/** A use that costs otherwise, with its items rated again. */
export type Changed = { use: RatedUseRow; items: UsageItem[]; delta: Amount };

/**
 * Rates usage again, in the order in which it happened, at the prices of one moment. Months are counted from their begin, so uses
 * before the span must be shown to it too. What has no price then stays as it is, and so does what lies above a quota.
 */
export class RatingAgain {
  private readonly months = new Map<string, MonthSoFar>();
  private readonly differences = new CostDifferences();

  constructor(
    private readonly pricesAt: Date,
    private readonly from: Date,
    private readonly feature: string | undefined,
  ) {}

  /** @returns the use with other items, if it costs otherwise and belongs to the span */
  add(use: RatedUseRow, prices: PriceRow[]): Changed | undefined {
    const items = use.items.map((item) => this.rateItem(use, item, prices));
    if (use.occurredAt < this.from || (this.feature !== undefined && use.feature !== this.feature))
      return undefined;
    use.items.forEach((item, i) => this.differences.add(item, items[i] as UsageItem, use.currency));
    const delta = totalOf(items).sub(use.cost);
    return delta.isZero() ? undefined : { use, items, delta };
  }

  lines(): PreviewLine[] {
    return this.differences.lines();
  }

  private rateItem({ occurredAt, currency }: RatedUseRow, item: UsageItem, prices: PriceRow[]): UsageItem {
    if (item.scheme === 'overage') return item;
    const key = entryKey(item);
    const own = prices.filter(
      (price) => entryKey(price) === key && price.currency === (item.currency ?? currency),
    );
    if (own.length === 0) return item;
    const monthKey = `${key}\n${monthOf(occurredAt)}`;
    const price = priceAt(own, this.pricesAt);
    const { item: again, month } = rate(price, item.quantity, this.months.get(monthKey) ?? NOTHING_SO_FAR);
    this.months.set(monthKey, month);
    return { ...again, pricedAt: this.pricesAt.toISOString() };
  }
}

function totalOf(items: UsageItem[]): Amount {
  return items.reduce((total, { cost }) => total.add(cost), amount('0'));
}
