import { priceErrors, type PriceScheme, type RatingStep, type UsageItem } from '@leadwire/contracts';
import { amount, MONEY_SCALE, moneyText, roundMoney, type Amount } from '@leadwire/kernel';

/** What is priced: an entry of the price list without its time and price. */
export type Priced = { category: string; provider: string; model: string | null; unit: string };

/** Units of a month up to `upTo` cost `unitPrice` each. */
export type Tier = { upTo: string; unitPrice: string };

/** What a use costs, without what it is the price of and when. */
export type PriceTerms = {
  currency: string;
  scheme: PriceScheme;
  /** Of one unit; of one package, or beyond the last tier. */
  unitPrice: string;
  /** Units in a package; null where they are not sold in packages. */
  packageSize: string | null;
  /** From the first one on, each ending above the one before it; empty where the scheme has none. */
  tiers: Tier[];
  /** Units of a calendar month that are free; what comes after them is counted from one again. */
  includedQuantity: string;
  /** The least that a use costs, unless all of it is included; null for nothing. */
  minimumCharge: string | null;
};

/** One validity of one entry; a tenant's own goes before the general one. */
export type PriceRow = Priced &
  PriceTerms & {
    id: string;
    own: boolean;
    effectiveFrom: Date;
    /** Exclusive; null while it has no end. */
    effectiveTo: Date | null;
  };

/** What a tenant has used of one entry in one calendar month so far, as far as its prices looked at the month. */
export type MonthSoFar = {
  quantity: string;
  /**
   * What was taken for the month beyond what its units cost: for dearer units before the month became cheaper, or for units that were
   * taken back. It pays for the next ones. Below zero where what is left cost less, because dearer units before it were taken back:
   * nobody is asked for that, but nothing is ahead until the month became cheaper by more.
   */
  paidAhead: string;
};
export const NOTHING_SO_FAR: MonthSoFar = { quantity: '0', paidAhead: '0' };

/** A rated use, and the month with it. */
export type Rating = { item: UsageItem; month: MonthSoFar };

/** What does not fit into `numeric(20,6)`. */
const COST_LIMIT = '100000000000000';

/**
 * The price that was valid at `moment`, among all validities of one entry in one currency; its start belongs to it, its end
 * does not.
 * @throws AppError `price.missing` | `price.ambiguous`
 */
export function priceAt(prices: PriceRow[], moment: Date): PriceRow {
  const valid = prices.filter(
    ({ effectiveFrom, effectiveTo }) =>
      effectiveFrom <= moment && (effectiveTo === null || moment < effectiveTo),
  );
  const own = valid.filter((price) => price.own);
  const [price, other] = own.length > 0 ? own : valid;
  if (price && !other) return price;
  const at = moment.toISOString();
  if (!price) throw priceErrors.missing({ internal: `no price at ${at}`, extras: { at } });
  // The list cannot hold two; whoever calls with two has mixed entries up, and guessing would cost somebody money.
  throw priceErrors.ambiguous({ internal: `prices ${price.id} and ${other?.id} at ${at}` });
}

/** Whether what a use costs depends on what was used before it in its month. */
export function looksAtMonth({ scheme, includedQuantity }: PriceTerms): boolean {
  // Of a column that is never negative: anything but noughts is more than nothing.
  return scheme !== 'flat' || /[1-9]/.test(includedQuantity);
}

/** The calendar month (UTC) that a use counts in, as its first day. */
export function monthOf(moment: Date): string {
  return `${moment.toISOString().slice(0, 7)}-01`;
}

/**
 * Rates a use, and keeps what is needed to do it again. The cost is rounded half to even to the scale of the ledger, once, here.
 * A minimum is of a use alone; it applies unless all of the use is included.
 * @param before the month of the use so far; looked at only where {@link looksAtMonth}
 * @throws AppError `price.bad_quantity` | `price.too_large`
 */
export function rate(price: PriceRow, quantity: string, before: MonthSoFar = NOTHING_SO_FAR): Rating {
  const { category, provider, model, unit, unitPrice, id, effectiveFrom, scheme, currency, own } = price;
  const counts = looksAtMonth(price);
  const start = counts ? amount(before.quantity) : amount('0');
  const end = start.add(quantityOf(quantity));
  const { steps, units } = stepsBetween(price, start, end);
  const ahead = counts ? amount(before.paidAhead) : amount('0');
  const share = totalOf(steps);
  const exact = share.sub(positive(ahead));
  const due = positive(exact);
  const minimum = price.minimumCharge !== null && units.gt(0) && due.lt(price.minimumCharge);
  const cost = roundMoney(minimum ? amount(price.minimumCharge as string) : due);
  if (cost.gte(COST_LIMIT)) throw priceErrors.too_large();
  const item: UsageItem = {
    category,
    provider,
    model,
    unit,
    quantity,
    unitPrice,
    priceId: id,
    priceEffectiveFrom: effectiveFrom.toISOString(),
    cost: moneyText(cost),
    scheme,
    currency,
    own,
    exactCost: exact.toFixed(),
    ...(counts ? monthEvidence(price, before, steps) : {}),
    ...(minimum ? { minimumCharge: price.minimumCharge as string } : {}),
  };
  const month = { quantity: end.toFixed(), paidAhead: ahead.add(due).sub(share).toFixed() };
  return { item, month: counts ? month : before };
}

/** What the units of a month after `start` up to `end` cost, whatever was paid ahead. */
export function shareOf(price: PriceTerms, start: Amount, end: Amount): Amount {
  return totalOf(stepsBetween(price, start, end).steps);
}

/** What a use was taken for, before rounding and without a minimum, which is no part of what its month costs. */
export function takenFor({ exactCost, cost }: UsageItem): Amount {
  return positive(amount(exactCost ?? cost));
}

function stepsBetween(price: PriceTerms, start: Amount, end: Amount): { steps: RatingStep[]; units: Amount } {
  const included = amount(price.includedQuantity);
  const [from, to] = [positive(start.sub(included)), positive(end.sub(included))];
  return { steps: STEPS[price.scheme](price, from, to), units: to.sub(from) };
}

function totalOf(steps: RatingStep[]): Amount {
  return steps.reduce((sum, { cost }) => sum.add(cost), amount('0'));
}

function monthEvidence(price: PriceTerms, before: MonthSoFar, steps: RatingStep[]): Partial<UsageItem> {
  const ahead = positive(amount(before.paidAhead));
  return {
    quantityBefore: amount(before.quantity).toFixed(),
    ...(ahead.isZero() ? {} : { paidAhead: ahead.toFixed() }),
    ...(amount(price.includedQuantity).isZero() ? {} : { includedQuantity: price.includedQuantity }),
    ...(price.packageSize === null ? {} : { packageSize: price.packageSize }),
    steps,
  };
}

/** What the units of a month after `from` up to `to` cost, part by part; neither counts what is included. */
type Steps = (price: PriceTerms, from: Amount, to: Amount) => RatingStep[];

const STEPS: Record<PriceScheme, Steps> = {
  flat: ({ unitPrice }, from, to) => [step(null, to.sub(from), unitPrice)],

  // The package that was begun by an earlier use is paid already.
  package: ({ unitPrice, packageSize }, from, to) => {
    const packages = (units: Amount) => units.div(packageSize as string).ceil();
    return [step(null, packages(to).sub(packages(from)), unitPrice)];
  },

  graduated: ({ unitPrice, tiers }, from, to) => {
    let floor = amount('0');
    const steps: RatingStep[] = [];
    for (const { upTo, unitPrice: price } of [...tiers, { upTo: null, unitPrice }]) {
      const ceiling = upTo === null || to.lt(upTo) ? to : amount(upTo);
      const units = ceiling.sub(from.gt(floor) ? from : floor);
      if (units.gt(0)) steps.push(step(upTo, units, price));
      if (upTo !== null) floor = amount(upTo);
    }
    return steps;
  },

  volume: (price, from, to) => {
    const [now, before] = [reachedTier(price, to), reachedTier(price, from)];
    const month = step(now.upTo, to, now.unitPrice);
    return from.isZero() ? [month] : [month, step(before.upTo, from.neg(), before.unitPrice)];
  },
};

function reachedTier(
  { tiers, unitPrice }: PriceTerms,
  units: Amount,
): { upTo: string | null; unitPrice: string } {
  return tiers.find(({ upTo }) => units.lte(upTo)) ?? { upTo: null, unitPrice };
}

function step(upTo: string | null, units: Amount, unitPrice: string): RatingStep {
  return { upTo, quantity: units.toFixed(), unitPrice, cost: units.mul(unitPrice).toFixed() };
}

function quantityOf(text: string): Amount {
  const quantity = /^\d{1,14}(\.\d+)?$/.test(text) ? amount(text) : undefined;
  if (!quantity || quantity.decimalPlaces() > MONEY_SCALE) throw priceErrors.bad_quantity();
  return quantity;
}

export function positive(value: Amount): Amount {
  return value.gt(0) ? value : amount('0');
}
