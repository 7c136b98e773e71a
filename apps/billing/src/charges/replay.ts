import type { ReplayDifference, UsageItem } from '@leadwire/contracts';
import { amount, AppError, moneyText } from '@leadwire/kernel';
import type { TenantDb } from '@leadwire/persistence';
import { entryKey, pricesOf } from '../usage/rater.js';
import { priceAt, rate, type PriceRow } from '../usage/rating.js';
import type { ChargedUse } from './charges.queries.js';

/**
 * Rates a use again, from the prices that were valid at its moment and the evidence it keeps, and says what differs from what was
 * stored; nothing, when every digit is the same.
 */
export function replay(use: ChargedUse, prices: PriceRow[]): ReplayDifference[] {
  const differences = use.items.flatMap((item) => replayItem(use, item, prices) ?? []);
  const total = moneyText(use.items.reduce((sum, { cost }) => sum.add(cost), amount('0')));
  if (total !== use.cost)
    differences.push({ usageEventId: use.id, fault: 'total', stored: use.cost, replayed: total });
  return differences;
}

/** Every price that some uses may have been rated by. */
export async function pricesOfUses(db: TenantDb, uses: ChargedUse[]): Promise<PriceRow[]> {
  const moments = uses.flatMap(({ occurredAt, items }) => [
    occurredAt,
    ...items.flatMap(({ pricedAt }) => (pricedAt === undefined ? [] : [new Date(pricedAt)])),
  ]);
  const prices: PriceRow[] = [];
  for (const currency of new Set(uses.map((use) => use.currency)))
    prices.push(
      ...(await pricesOf(
        db,
        currency,
        uses.flatMap(({ items }) => items),
        moments,
      )),
    );
  return prices;
}

function replayItem(use: ChargedUse, item: UsageItem, prices: PriceRow[]): ReplayDifference | undefined {
  const differs = (fault: 'price' | 'digits', stored: string, replayed: string): ReplayDifference => ({
    usageEventId: use.id,
    fault,
    stored: stored.slice(0, 200),
    replayed: replayed.slice(0, 200),
  });
  try {
    const price = item.scheme === 'overage' ? overagePrice(item) : validPrice(use, item, prices);
    if (price.id !== item.priceId) return differs('price', item.priceId, price.id);
    const month = { quantity: item.quantityBefore ?? '0', paidAhead: item.paidAhead ?? '0' };
    const again = {
      ...rate(price, item.quantity, month).item,
      ...(item.scheme === 'overage' ? { scheme: item.scheme } : {}),
      ...(item.pricedAt === undefined ? {} : { pricedAt: item.pricedAt }),
    };
    const field = firstDifference(item, again);
    return field && differs('digits', `${field} ${textOf(item[field])}`, `${field} ${textOf(again[field])}`);
  } catch (error) {
    if (error instanceof AppError) return differs('price', item.priceId, error.code);
    throw error;
  }
}

function validPrice({ occurredAt, currency }: ChargedUse, item: UsageItem, prices: PriceRow[]): PriceRow {
  const key = entryKey(item);
  const own = prices.filter(
    (price) => entryKey(price) === key && price.currency === (item.currency ?? currency),
  );
  return priceAt(own, item.pricedAt === undefined ? occurredAt : new Date(item.pricedAt));
}

/** What is above a quota costs what its entitlement said, unit by unit; no entry of the list is behind it. */
function overagePrice({ category, provider, model, unit, unitPrice, priceId, ...item }: UsageItem): PriceRow {
  return {
    category,
    provider,
    model,
    unit,
    unitPrice,
    id: priceId,
    own: item.own ?? false,
    currency: item.currency ?? '',
    scheme: 'flat',
    packageSize: null,
    tiers: [],
    includedQuantity: '0',
    minimumCharge: null,
    effectiveFrom: new Date(item.priceEffectiveFrom),
    effectiveTo: null,
  };
}

/** Uses that were recorded before prices had schemes say less; what they say must be the same. */
function firstDifference(stored: UsageItem, again: UsageItem): keyof UsageItem | undefined {
  return (Object.keys(stored) as (keyof UsageItem)[]).find(
    (field) => canonical(field, stored) !== canonical(field, again),
  );
}

// What quotas add is worked out inside Postgres, which writes zeros at the end.
function canonical(field: keyof UsageItem, item: UsageItem): string {
  return field === 'exactCost' ? amount(item.exactCost ?? '0').toFixed() : textOf(item[field]);
}

// Keys of steps come from jsonb in another order than they were written in.
function textOf(value: UsageItem[keyof UsageItem]): string {
  if (!Array.isArray(value)) return JSON.stringify(value) ?? 'nothing';
  return JSON.stringify(
    value.map(({ upTo, quantity, unitPrice, cost }) => [upTo, quantity, unitPrice, cost]),
  );
}
