import {
  USAGE_EARLY_MAX_MINUTES,
  USAGE_LATE_MAX_DAYS,
  USAGE_QUANTITY_MAX,
  type ReportedUsage,
  type UnratedItem,
  type UsedItem,
} from '@leadwire/contracts';
import { amount, requestErrors, type InputError } from '@leadwire/kernel';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/**
 * Holds what is reported against the clock and against what can be counted; whoever reports nonsense hears of all of it at once, and
 * nothing is recorded.
 * @throws AppError `request.invalid`
 */
export function checkReported(events: ReportedUsage[], now: Date): void {
  const errors = events.flatMap(({ items, occurredAt }, i) => [
    ...timeErrors(occurredAt, now, `/events/${i}/occurredAt`),
    ...quantityErrors(items, `/events/${i}`),
  ]);
  if (errors.length > 0) throw requestErrors.invalid({ errors });
}

/**
 * The items in the form that is stored and hashed: equal quantities are equal text.
 * @throws AppError `request.invalid` with pointers below `at`
 */
export function unratedItems(items: UsedItem[], at: string): UnratedItem[] {
  const errors = quantityErrors(items, at);
  if (errors.length > 0) throw requestErrors.invalid({ errors });
  return items.map(({ category, provider, model = null, unit, quantity }) => ({
    category,
    provider,
    model,
    unit,
    quantity: amount(quantity).toFixed(),
  }));
}

function timeErrors(occurredAt: string, now: Date, pointer: string): InputError[] {
  const age = now.getTime() - Date.parse(occurredAt);
  if (age > USAGE_LATE_MAX_DAYS * DAY_MS)
    return [{ pointer, code: 'range', detail: `must be at most ${USAGE_LATE_MAX_DAYS} days ago` }];
  if (age < -USAGE_EARLY_MAX_MINUTES * MINUTE_MS)
    return [{ pointer, code: 'range', detail: 'must not be in the future' }];
  return [];
}

function quantityErrors(items: UsedItem[], at: string): InputError[] {
  return items.flatMap(({ quantity }, i) => {
    if (amount(quantity).gt(0) && amount(quantity).lte(USAGE_QUANTITY_MAX)) return [];
    const detail = `must be more than 0 and at most ${USAGE_QUANTITY_MAX}`;
    return [{ pointer: `${at}/items/${i}/quantity`, code: 'range', detail }];
  });
}
