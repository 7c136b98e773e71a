import type { PreviewLine, UsageItem } from '@leadwire/contracts';
import { CostDifferences } from '../usage/cost-differences.js';
import { monthOf, NOTHING_SO_FAR, rate, type MonthSoFar, type PriceRow } from '../usage/rating.js';
import { entryOf, keyOf, type DraftLine } from './price-entry.js';

/** A use that was rated, as it is rated again. */
export type PastUse = { items: UsageItem[]; occurredAt: Date; currency: string };

const EPOCH = new Date(0);

/**
 * Rates the usage of one tenant again, in the order in which it happened, as if the prices of a draft had been valid then. An own
 * price of the tenant that the draft leaves alone goes before a general one of the draft, as it would.
 */
export class Preview {
  private readonly prices: ReadonlyMap<string, PriceRow>;
  private readonly months = new Map<string, MonthSoFar>();
  private readonly differences = new CostDifferences();

  /** @param from uses before it only count in their month */
  constructor(
    lines: DraftLine[],
    private readonly tenantId: string,
    private readonly from: Date,
  ) {
    this.prices = new Map(lines.map((line) => [keyOf(line), priceOf(line)]));
  }

  add({ items, occurredAt, currency }: PastUse): void {
    for (const item of items) {
      // What quotas add is no entry of the list.
      if (item.scheme === 'overage') continue;
      const price = this.priceFor(item, item.currency ?? currency);
      if (price) this.addItem(item, price, occurredAt);
    }
  }

  lines(): PreviewLine[] {
    return this.differences.lines().sort((one, other) => one.entry.localeCompare(other.entry));
  }

  private priceFor(
    { category, provider, model, unit, own = false }: UsageItem,
    currency: string,
  ): PriceRow | undefined {
    const key = (tenantId: string | null) => keyOf({ category, provider, model, unit, currency, tenantId });
    return this.prices.get(key(this.tenantId)) ?? (own ? undefined : this.prices.get(key(null)));
  }

  private addItem(item: UsageItem, price: PriceRow, occurredAt: Date): void {
    const monthKey = JSON.stringify([entryOf(item), price.currency, monthOf(occurredAt)]);
    const { item: again, month } = rate(price, item.quantity, this.months.get(monthKey) ?? NOTHING_SO_FAR);
    this.months.set(monthKey, month);
    if (occurredAt >= this.from) this.differences.add(item, again, price.currency);
  }
}

function priceOf({ line, tenantId, ...entry }: DraftLine): PriceRow {
  return { ...entry, id: `line ${line}`, own: tenantId !== null, effectiveFrom: EPOCH, effectiveTo: null };
}
