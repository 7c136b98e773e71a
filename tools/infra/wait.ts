import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 50;

/**
 * Asks `probe` until it answers something other than `undefined` or `false`, and returns that.
 * @throws Error naming `what` when `timeoutMs` have passed; whatever `probe` throws ends the wait at once.
 */
export async function waitFor<T>(
  what: string,
  timeoutMs: number,
  probe: () => Promise<T | undefined | false>,
  pollMs = POLL_MS,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await probe();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() >= deadline) throw new Error(`${what} took longer than ${timeoutMs / 1000} s`);
    await delay(pollMs);
  }
}
