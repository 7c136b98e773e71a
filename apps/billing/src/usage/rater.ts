import { Injectable } from '@nestjs/common';
import { AppError } from '@leadwire/kernel';
import type { UsageItem } from '@leadwire/contracts';
import type { TenantDb } from '@leadwire/persistence';
import type { LockedWallet } from '../ledger/locked-wallet.js';
import type { RatedUsage } from './charging.js';
import { Months } from './months.js';
import { looksAtMonth, monthOf, priceAt, rate, type Priced, type PriceRow } from './rating.js';
import { PRICES_OF_ENTRIES, RECORDED_KEYS } from './rating.queries.js';

/** So many units of an entry of the price list. */
export type Used = Priced & { quantity: string };
/** A use that is to be rated, with its parts. */
export type Use = Omit<RatedUsage, 'items'> & { used: Used[] };
/** What became of it: a use is rated whole or not at all. */
export type RatingResult = { use: Use; usage: RatedUsage } | { use: Use; error: AppError; part: Used };

/** Rates uses at the prices of their moments, and counts them in their months. */
@Injectable()
export class Rater {
  /**
   * Rates a batch in its order, under the wallet's lock, for it to be recorded in the same transaction. What was recorded before
   * (its key is known) is not counted again; what could not be rated is not counted, and says why.
   * @param again these uses were recorded, but never rated: their keys are known and they are counted now
   */
  async rate(db: TenantDb, wallet: LockedWallet, uses: Use[], again = false): Promise<RatingResult[]> {
    const prices = await this.pricesOf(db, wallet.currency, uses);
    const counting = prices.some(looksAtMonth);
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

  private async pricesOf(db: TenantDb, currency: string, uses: Use[]): Promise<PriceRow[]> {
    const entries = [
      ...new Map(uses.flatMap(({ used }) => used.map((u) => [entryKey(u), u] as const))).values(),
    ];
    if (entries.length === 0) return [];
    const times = uses.map(({ occurredAt }) => occurredAt.getTime());
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
}

function rateOne(use: Use, prices: PriceRow[], months: Months, isNew: boolean): RatingResult {
  const { used, ...rest } = use;
  const { occurredAt } = use;
  const counted = new Map<string, Parameters<Months['advance']>>();
  let rating = used[0] as Used;
  try {
    const items = used.map((part): UsageItem => {
      rating = part;
      const entry = { ...part, month: monthOf(occurredAt) };
      const key = entryKey(part);
      const price = priceAt(
        prices.filter((row) => entryKey(row) === key),
        occurredAt,
      );
      const { item, month } = rate(price, part.quantity, counted.get(key)?.[1] ?? months.of(entry));
      if (looksAtMonth(price)) counted.set(key, [entry, month]);
      return item;
    });
    if (isNew) for (const [entry, month] of counted.values()) months.advance(entry, month);
    return { use, usage: { ...rest, items } };
  } catch (error) {
    if (error instanceof AppError) return { use, error, part: rating };
    throw error;
  }
}

async function recordedKeys(db: TenantDb, uses: Use[]): Promise<string[]> {
  const rows = await db.query<{ key: string }>(RECORDED_KEYS, [db.tenantId, uses.map(({ key }) => key)]);
  return rows.map(({ key }) => key);
}

function monthsOf({ used, occurredAt }: Use) {
  return used.map((part) => ({ ...part, month: monthOf(occurredAt) }));
}

function entryKey({ category, provider, model, unit }: Priced): string {
  return `${category}\n${provider}\n${model ?? ''}\n${unit}`;
}
