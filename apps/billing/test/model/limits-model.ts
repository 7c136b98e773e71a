import type { QuotaRefusal } from './ops.ts';

export const DAY_MS = 86_400_000;

/** What an operator allows of a feature; `rate` is what a piece above a soft quota costs, in ten-thousandths of a millionth. */
export type Terms = {
  enabled: boolean;
  daily: number | null;
  monthly: number | null;
  overages: boolean;
  rate: bigint | null;
};
/** Days and months are named by their starts. */
export type Entitlement = Terms & { day: number; dayUsed: number; month: number; monthUsed: number };
export type QuotaTaken = {
  counted: boolean;
  refused: QuotaRefusal | null;
  over: number;
  rate: bigint | null;
};

export const dayOf = (at: number): number => at - (at % DAY_MS);
export function monthOf(at: number, later = 0): number {
  const date = new Date(at);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + later);
}

export function entitled(terms: Terms, was: Entitlement | undefined, now: number): Entitlement {
  const counters = was ?? { day: dayOf(now), dayUsed: 0, month: monthOf(now), monthUsed: 0 };
  return { ...counters, ...terms };
}

/** Counts pieces of a feature, or says which quota has no room. What was begun in a window that is over counts there. */
export function takeQuota(
  e: Entitlement | undefined,
  feature: string,
  quantity: number,
  at: number,
): QuotaTaken {
  const nothing = { counted: false, refused: null, over: 0, rate: null };
  if (!e) return nothing;
  if (!e.enabled) return { ...nothing, refused: { feature, reason: 'disabled' } };
  const [day, month] = [dayOf(at), monthOf(at)];
  if (day > e.day) [e.day, e.dayUsed] = [day, 0];
  if (month > e.month) [e.month, e.monthUsed] = [month, 0];
  const dayAfter = e.dayUsed + (day === e.day ? quantity : 0);
  const monthAfter = e.monthUsed + (month === e.month ? quantity : 0);
  const overDay = e.daily === null ? 0 : dayAfter - e.daily;
  const overMonth = e.monthly === null ? 0 : monthAfter - e.monthly;
  if ((overDay > 0 || overMonth > 0) && !e.overages) {
    const refused: QuotaRefusal =
      overMonth > 0
        ? {
            feature,
            reason: 'month',
            quota: e.monthly ?? 0,
            used: e.monthUsed,
            resetsAt: monthOf(e.month, 1),
          }
        : { feature, reason: 'day', quota: e.daily ?? 0, used: e.dayUsed, resetsAt: e.day + DAY_MS };
    return { ...nothing, refused };
  }
  [e.dayUsed, e.monthUsed] = [dayAfter, monthAfter];
  const over = Math.min(quantity, Math.max(0, overDay, overMonth));
  return { counted: true, refused: null, over, rate: e.rate };
}

/** Gives back what was counted at a time, in the windows of that time if they still last. */
export function returnQuota(e: Entitlement | undefined, quantity: number, at: number): void {
  if (!e) return;
  if (e.day === dayOf(at)) e.dayUsed -= quantity;
  if (e.month === monthOf(at)) e.monthUsed -= quantity;
}

/** What so many pieces cost, rounded half to even. */
export function overageCost(units: number, rate: bigint): bigint {
  const exact = BigInt(units) * rate;
  const [whole, rest] = [exact / 10_000n, exact % 10_000n];
  return rest > 5_000n || (rest === 5_000n && whole % 2n === 1n) ? whole + 1n : whole;
}

/** What a member may spend in a month; without an allowance there is no limit, and nothing is counted. */
export type Credit = {
  allowance: bigint | null;
  spent: bigint;
  held: bigint;
  left: bigint;
  resetAt: number;
  changes: number;
};

/** The credit of a member with an allowance, begun anew if its month is over. */
export function currentCredit(credit: Credit | undefined, now: number): Credit | undefined {
  if (!credit || credit.allowance === null) return undefined;
  if (credit.resetAt < monthOf(now)) {
    [credit.resetAt, credit.spent] = [now, 0n];
    change(credit);
  }
  return credit;
}

/** Counts what was spent, and what is held more or less than before. */
export function drawCredit(credit: Credit | undefined, spent: bigint, held: bigint, now: number): void {
  const current = currentCredit(credit, now);
  if (!current) return;
  current.spent += spent < -current.spent ? -current.spent : spent;
  current.held += held;
  change(current);
}

/** @param held what open reservations of the member hold */
export function setAllowance(
  was: Credit | undefined,
  allowance: bigint | null,
  held: bigint,
  now: number,
): Credit {
  const credit = was ?? { allowance: null, spent: 0n, held: 0n, left: 0n, resetAt: now, changes: 0 };
  currentCredit(credit, now);
  if (credit.allowance === allowance) return credit;
  if (credit.resetAt < monthOf(now)) [credit.resetAt, credit.spent] = [now, 0n];
  credit.allowance = allowance;
  credit.held = allowance === null ? 0n : held;
  change(credit);
  return credit;
}

function change(credit: Credit): void {
  const left = (credit.allowance ?? 0n) - credit.spent - credit.held;
  credit.left = left < 0n ? 0n : left;
  credit.changes++;
}
