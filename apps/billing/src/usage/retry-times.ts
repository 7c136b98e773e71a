const FIRST_MS = 60_000;
const LAST_MS = 6 * 60 * 60_000;

/** When usage that failed so many times again is rated next: after a minute, then twice as long each time, up to six hours. */
export function nextRetry(now: Date, retries: number): Date {
  return new Date(now.getTime() + Math.min(FIRST_MS * 2 ** Math.min(retries, 16), LAST_MS));
}
