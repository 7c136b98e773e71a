import { Injectable } from '@nestjs/common';
import { AppError } from '@leadwire/kernel';
import type { UsageItem } from '@leadwire/contracts';
import type { TenantDb } from '@leadwire/persistence';
import type { LockedWallet } from '../ledger/locked-wallet.js';
import type { RatedUsage } from './charging.js';
import { Months, type EntryMonth } from './months.js';
import {
  looksAtMonth,
  monthOf,
  priceAt,
  rate,
  type MonthSoFar,
  type Priced,
  type PriceRow,
} from './rating.js';
import { PRICES_OF_ENTRIES, RECORDED_KEYS } from './rating.queries.js';

/** So many units of an entry of the price list. */
export type Used = Priced & { quantity: string };
/** A use that is to be rated, with its parts. */
export type Use = Omit<RatedUsage, 'items'> & { used: Used[] };
/** What became of it: a use is rated whole or not at all. */
export type RatingResult = { use: Use; usage: RatedUsage } | { use: Use; error: AppError; part: Used };

/** What an item would cost, or why that cannot be said. */
export type Estimate = { item: UsageItem } | { error: AppError };

/** Rates uses at the prices of their moments, and counts them in their months. */
@Injectable()
export class Rater {
  /**
   * Rates a batch in its order, under the wallet's lock, for it to be recorded in the same transaction. What was recorded before
   * (its key is known) is not counted again; what could not be rated is not counted, and says why.
   * @param again these uses were recorded, but never rated: their keys are known and they are counted now
   */
  async rate(db: TenantDb, wallet: LockedWallet, uses: Use[], again = false): Promise<RatingResult[]> {
    const moments = uses.map(({ occurredAt }) => occurredAt);
    const rows = await pricesOf(
      db,
      wallet.currency,
      uses.flatMap(({ used }) => used),
      moments,
    );
    const prices = new PriceBook(rows);
    const counting = rows.some(looksAtMonth);
    const seen = new Set(counting && !again ? await recordedKeys(db, uses) : []);
    const months = await Months.read(db, wallet.currency, counting ? uses.flatMap(monthsOf) : []);
    const results = uses.map((use): RatingResult => {
      const isNew = !seen.has(use.key);
      seen.add(use.key);
      return rateOne(use, prices, months, isNew);
    });
    await months.save(db, wallet.currency);
    return results;
  }

  /** Says what items would cost one after the other at `moment`, with the month so far; nothing is counted. */
  async estimate(db: TenantDb, currency: string, used: Used[], moment: Date): Promise<Estimate[]> {
    const prices = new PriceBook(await pricesOf(db, currency, used, [moment]));
    const months = await Months.read(db, currency, monthsOf({ used, occurredAt: moment }));
    return used.map((part) => {
      const result = ratePart(part, moment, prices, (entry) => months.of(entry));
      if ('error' in result) return result;
      if (result.counted) months.advance(result.counted.entry, result.counted.month);
      return { item: result.item };
    });
  }
}

/** Every validity of the entries of some items that touches the time between some moments. */
export async function pricesOf(
  db: TenantDb,
  currency: string,
  used: Priced[],
  moments: Date[],
): Promise<PriceRow[]> {
  const entries = [...new Map(used.map((part) => [entryKey(part), part])).values()];
  if (entries.length === 0) return [];
  const times = moments.map(Number);
  return db.query<PriceRow>(PRICES_OF_ENTRIES, [
    db.tenantId,
    entries.map(({ category }) => category),
    entries.map(({ provider }) => provider),
    entries.map(({ model }) => model ?? ''),
    entries.map(({ unit }) => unit),
    currency,
    new Date(Math.min(...times)),
    new Date(Math.max(...times)),
  ]);
}

/** Tells entries of the price list from each other. */
export function entryKey({ category, provider, model, unit }: Priced): string {
  return `${category}\n${provider}\n${model ?? ''}\n${unit}`;
}

function rateOne(use: Use, prices: PriceBook, months: Months, isNew: boolean): RatingResult {
  const { used, ...rest } = use;
  const counted = new Map<string, Counted>();
  const items: UsageItem[] = [];
  for (const part of used) {
    const soFar = (entry: EntryMonth) => counted.get(entryKey(entry))?.month ?? months.of(entry);
    const result = ratePart(part, use.occurredAt, prices, soFar);
    if ('error' in result) return { use, error: result.error, part };
    if (result.counted) counted.set(entryKey(part), result.counted);
    items.push(result.item);
  }
  if (isNew) for (const { entry, month } of counted.values()) months.advance(entry, month);
  return { use, usage: { ...rest, items } };
}

/** A month as a use leaves it that was rated by it. */
type Counted = { entry: EntryMonth; month: MonthSoFar };
type RatedPart = { item: UsageItem; counted?: Counted };

function ratePart(
  part: Used,
  moment: Date,
  prices: PriceBook,
  soFar: (entry: EntryMonth) => MonthSoFar,
): RatedPart | { error: AppError } {
  const { quantity, ...priced } = part;
  try {
    const price = prices.at(part, moment);
    if (!looksAtMonth(price)) return { item: prices.rate(price, quantity) };
    const entry = { ...priced, month: monthOf(moment) };
    const { item, month } = rate(price, quantity, soFar(entry));
    return { item, counted: { entry, month } };
  } catch (error) {
    if (error instanceof AppError) return { error };
    throw error;
  }
}

/** The prices of a batch by their entries. So many units cost the same each time where the month does not matter: it is worked out once. */
class PriceBook {
  private readonly byEntry: ReadonlyMap<string, PriceRow[]>;
  private readonly rated = new Map<string, UsageItem>();

  constructor(rows: PriceRow[]) {
    this.byEntry = Map.groupBy(rows, entryKey);
  }

  /** @throws AppError `price.missing` | `price.ambiguous` */
  at(entry: Priced, moment: Date): PriceRow {
    return priceAt(this.byEntry.get(entryKey(entry)) ?? [], moment);
  }

  /** @throws AppError `price.bad_quantity` | `price.too_large` */
  rate(price: PriceRow, quantity: string): UsageItem {
    const key = `${price.id} ${quantity}`;
    const known = this.rated.get(key);
    if (known) return known;
    const { item } = rate(price, quantity);
    this.rated.set(key, item);
    return item;
  }
}

async function recordedKeys(db: TenantDb, uses: Use[]): Promise<string[]> {
  const rows = await db.query<{ key: string }>(RECORDED_KEYS, [db.tenantId, uses.map(({ key }) => key)]);
  return rows.map(({ key }) => key);
}

function monthsOf({ used, occurredAt }: Pick<Use, 'used' | 'occurredAt'>): EntryMonth[] {
  return used.map((part) => ({ ...part, month: monthOf(occurredAt) }));
}
