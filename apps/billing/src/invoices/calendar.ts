/** Start of the calendar month of a moment, in UTC: periods of invoices are months of UTC, wherever the team is. */
export function monthOf(moment: Date): Date {
  return new Date(Date.UTC(moment.getUTCFullYear(), moment.getUTCMonth()));
}

/** The first moment of the next month, in UTC. */
export function monthAfter(moment: Date): Date {
  return new Date(Date.UTC(moment.getUTCFullYear(), moment.getUTCMonth() + 1));
}

const DAY_MS = 86_400_000;
/** So many times 24 hours later: days are counted in UTC, which has no changes of the clock. */
export function daysAfter(moment: Date, days: number): Date {
  return new Date(moment.getTime() + days * DAY_MS);
}
