import type { PreviewLine, UsageItem } from '@leadwire/contracts';
import { amount, moneyText, type Amount } from '@leadwire/kernel';
import { entryOf } from '../prices/price-entry.js';

type Sum = { entry: string; currency: string; uses: number; quantity: Amount; before: Amount; after: Amount };

/** What usage cost and what it costs when it is rated again, summed for each entry of the price list and currency. */
export class CostDifferences {
  private readonly sums = new Map<string, Sum>();

  add(before: UsageItem, after: { cost: string }, currency: string): void {
    const entry = entryOf(before);
    const key = JSON.stringify([entry, currency]);
    const zero = amount('0');
    const sum = this.sums.get(key) ?? { uses: 0, quantity: zero, before: zero, after: zero };
    this.sums.set(key, {
      entry,
      currency,
      uses: sum.uses + 1,
      quantity: sum.quantity.add(before.quantity),
      before: sum.before.add(before.cost),
      after: sum.after.add(after.cost),
    });
  }

  /** In the order in which their entries were first used. */
  lines(): PreviewLine[] {
    return [...this.sums.values()].map(({ quantity, before, after, ...line }) => ({
      ...line,
      quantity: quantity.toFixed(),
      before: moneyText(before),
      after: moneyText(after),
      delta: moneyText(after.sub(before)),
    }));
  }
}
