import { FORECAST_LOOKS_AHEAD_DAYS, type ForecastConfidence } from '@leadwire/contracts';
import { amount, type Amount } from '@leadwire/kernel';

const DAY_MS = 86_400_000;
const WEEK_DAYS = 7;
/** Each week counts half of the one after it. */
const WEEK_WEIGHTS = ['8', '4', '2', '1'];
/** A day further from the middle than so many median deviations counts as if it were there (3 × 1.4826: three sigmas of a normal one). */
const OUTLIER_DEVIATIONS = '4.4478';
/** Fewer used days than these have no usual day that others could be held against. */
const OUTLIERS_FROM_DAYS = 5;
/** Four of five futures lie within so many standard errors. */
const RANGE_ERRORS = '1.28';
const HIGH_FROM_DAYS = 14;
const HIGH_WITHIN = '0.15';
const MEDIUM_WITHIN = '0.4';

const ZERO = amount('0');

/** Credit in the order in which it is drained. */
export type Remaining = { remaining: Amount; expiresAt: Date | null };
export type Forecast = {
  perDay: Amount;
  confidence: ForecastConfidence;
  runsDryOn: string | null;
  earliest: string | null;
  latest: string | null;
};

/**
 * When credit is used up that is used as it was.
 * @param days use of each complete day, the last one first
 */
export function forecast(days: Amount[], lots: Remaining[], now: Date): Forecast {
  const usual = withoutOutliers(days);
  const perDay = weighted(usual);
  const error = standardError(usual, perDay).mul(RANGE_ERRORS);
  const confidence = perDay.isZero() ? 'low' : confidenceOf(days.length, error.div(perDay));
  return {
    perDay,
    confidence,
    runsDryOn: dryDay(perDay, lots, now),
    earliest: dryDay(perDay.add(error), lots, now),
    latest: dryDay(perDay.sub(error), lots, now),
  };
}

/** One campaign to everybody is no habit: what lies far outside of a used day is cut to the edge of what is usual. */
function withoutOutliers(days: Amount[]): Amount[] {
  const used = days.filter((day) => day.gt(0));
  if (used.length < OUTLIERS_FROM_DAYS) return days;
  const middle = median(used);
  const deviation = median(used.map((day) => day.sub(middle).abs()));
  if (deviation.isZero()) return days;
  const edge = middle.add(deviation.mul(OUTLIER_DEVIATIONS));
  return days.map((day) => (day.gt(edge) ? edge : day));
}

/** Week by week, so that working days and weekends weigh the same whatever day it is. */
function weighted(days: Amount[]): Amount {
  let sum = ZERO;
  let weights = ZERO;
  for (const [week, weight] of WEEK_WEIGHTS.entries()) {
    const part = days.slice(week * WEEK_DAYS, (week + 1) * WEEK_DAYS);
    for (const day of part) sum = sum.add(day.mul(weight));
    weights = weights.add(amount(weight).mul(part.length));
  }
  return weights.isZero() ? ZERO : sum.div(weights);
}

function standardError(days: Amount[], mean: Amount): Amount {
  if (days.length < 2) return mean;
  const squares = days.reduce((sum, day) => sum.add(day.sub(mean).pow(2)), ZERO);
  return squares
    .div(days.length - 1)
    .div(days.length)
    .sqrt();
}

function confidenceOf(days: number, relativeError: Amount): ForecastConfidence {
  if (days >= HIGH_FROM_DAYS && relativeError.lte(HIGH_WITHIN)) return 'high';
  return days >= WEEK_DAYS && relativeError.lte(MEDIUM_WITHIN) ? 'medium' : 'low';
}

/** The first day (UTC) whose use the credit of that day does not cover; null when there is none to come. */
function dryDay(perDay: Amount, lots: Remaining[], now: Date): string | null {
  const left = lots.map((lot) => ({ ...lot }));
  if (left.every(({ remaining }) => remaining.isZero())) return dayOf(now);
  if (perDay.lte(0)) return null;
  for (let ahead = 0; ahead < FORECAST_LOOKS_AHEAD_DAYS; ahead++) {
    const moment = new Date(now.getTime() + ahead * DAY_MS);
    let need = perDay;
    for (const lot of left) {
      if (lot.expiresAt !== null && lot.expiresAt <= moment) continue;
      const taken = lot.remaining.lt(need) ? lot.remaining : need;
      lot.remaining = lot.remaining.sub(taken);
      need = need.sub(taken);
    }
    if (need.gt(0)) return dayOf(moment);
  }
  return null;
}

const dayOf = (moment: Date): string => moment.toISOString().slice(0, 10);

function median(values: Amount[]): Amount {
  const sorted = values.toSorted((a, b) => a.cmp(b));
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? ZERO;
  return sorted.length % 2 === 1 ? upper : upper.add(sorted[middle - 1] ?? ZERO).div(2);
}
