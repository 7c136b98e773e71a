import type { UsageItem } from '@leadwire/contracts';
import { amount, type Amount } from '@leadwire/kernel';
import type { TenantDb } from '@leadwire/persistence';
import { Months, type EntryMonth } from './months.js';
import { entryKey, pricesOf } from './rater.js';
import { monthOf, positive, shareOf, takenFor, type MonthSoFar, type PriceRow } from './rating.js';

/** An item of a use that happened then. */
export type UsedItem = { item: UsageItem; occurredAt: Date };

/** How a month becomes another when an item of it is rated again. */
export type MonthChange = { entry: EntryMonth; quantity: Amount; paidAhead: Amount };

/**
 * Counts items no longer that were taken back: the next units of their months are cheaper or dearer for it, what others cost
 * stays. Call it under the wallet's lock.
 */
export async function takeBackFromMonths(db: TenantDb, currency: string, items: UsedItem[]): Promise<void> {
  const counted = items.filter(({ item }) => isCounted(item));
  if (counted.length === 0) return;
  const months = await Months.read(db, currency, counted.map(entryMonthOf));
  const moments = counted.flatMap((used) => [...limitsOf(used.occurredAt), momentOf(used)]);
  const prices = await pricesOf(
    db,
    currency,
    counted.map(({ item }) => item),
    moments,
  );
  for (const used of counted) {
    const entry = entryMonthOf(used);
    months.advance(entry, without(months.of(entry), used, prices));
  }
  await months.save(db, currency);
}

/** Brings months to where uses that were rated again leave them. Call it under the wallet's lock. */
export async function changeMonths(db: TenantDb, currency: string, changes: MonthChange[]): Promise<void> {
  const months = await Months.read(
    db,
    currency,
    changes.map(({ entry }) => entry),
  );
  for (const { entry, quantity, paidAhead } of changes) {
    const before = months.of(entry);
    months.advance(entry, {
      quantity: positive(amount(before.quantity).add(quantity)).toFixed(),
      paidAhead: amount(before.paidAhead).add(paidAhead).toFixed(),
    });
  }
  await months.save(db, currency);
}

/**
 * A month without one of its items. What was taken for it goes back, and so does what the month costs less without it: what is
 * ahead stays what was taken beyond the price of the month.
 * @param prices every validity of its entry in its month, and at the moment of its price
 */
export function without(month: MonthSoFar, used: UsedItem, prices: PriceRow[]): MonthSoFar {
  const { item } = used;
  const count = amount(month.quantity);
  const left = positive(count.sub(item.quantity));
  const ahead = (share: Amount) => amount(month.paidAhead).sub(takenFor(item)).add(share);
  const price = prices.find(({ id }) => id === item.priceId);
  const byThen = ahead(shareThen(item));
  const byNow = price ? ahead(shareOf(price, left, count)) : byThen;
  // Where other units of the month may have had another price, neither is sure: what both agree on is ahead, or is less than taken.
  const sure = price && isPriceOfMonth(price, used, prices) ? byNow : common(byThen, byNow);
  return { quantity: left.toFixed(), paidAhead: (left.isZero() ? amount('0') : sure).toFixed() };
}

/** What lies between nothing and both. */
function common(one: Amount, other: Amount): Amount {
  const [low, high] = one.lt(other) ? [one, other] : [other, one];
  if (low.gt(0)) return low;
  return high.lt(0) ? high : amount('0');
}

/** Whether the price of an item looked at its month. */
export function isCounted(item: UsageItem): boolean {
  return item.quantityBefore !== undefined;
}

/** What an item added to the price of its month, in the order in which uses came in. */
export function shareThen({ exactCost, cost, paidAhead }: UsageItem): Amount {
  return amount(exactCost ?? cost).add(paidAhead ?? '0');
}

/** The moment whose prices an item was rated by. */
export function momentOf({ item, occurredAt }: UsedItem): Date {
  return item.pricedAt === undefined ? occurredAt : new Date(item.pricedAt);
}

export function entryMonthOf({ item, occurredAt }: UsedItem): EntryMonth {
  const { category, provider, model, unit } = item;
  return { category, provider, model, unit, month: monthOf(occurredAt) };
}

function isPriceOfMonth(price: PriceRow, { item, occurredAt }: UsedItem, prices: PriceRow[]): boolean {
  const [start, end] = limitsOf(occurredAt);
  const key = entryKey(item);
  const whole = price.effectiveFrom <= start && (price.effectiveTo === null || price.effectiveTo >= end);
  const goesBefore = (other: PriceRow) =>
    other.own &&
    entryKey(other) === key &&
    other.effectiveFrom < end &&
    (other.effectiveTo === null || other.effectiveTo > start);
  return whole && (price.own || !prices.some(goesBefore));
}

function limitsOf(moment: Date): [Date, Date] {
  const [year, month] = [moment.getUTCFullYear(), moment.getUTCMonth()];
  return [new Date(Date.UTC(year, month)), new Date(Date.UTC(year, month + 1))];
}
