const HOUR_MS = 3_600_000;
/** So many declines in a row, all within a day, and topping up by itself ends: the card will not get better by asking. */
export const DECLINES_MAX = 4;

/** When a declined card is tried again: an hour, then twice as long each time; null when it is not. */
export function nextAfterDecline(declines: number, now: Date): Date | null {
  return declines >= DECLINES_MAX ? null : new Date(now.getTime() + HOUR_MS * 2 ** (declines - 1));
}

/** The calendar month, in UTC, that a moment is in. */
export function monthOf(now: Date): { start: Date; end: Date } {
  const [year, month] = [now.getUTCFullYear(), now.getUTCMonth()];
  return { start: new Date(Date.UTC(year, month, 1)), end: new Date(Date.UTC(year, month + 1, 1)) };
}
