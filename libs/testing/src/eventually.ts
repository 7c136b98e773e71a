/** Only what never happens takes so long, also on a machine that does much else meanwhile. */
const DEADLINE_MS = 60_000;
const EVERY_MS = 20;

/**
 * Waits until `check` returns without throwing and not `false`/`undefined`, and returns what it returned. The one way for a
 * test to wait for something that happens elsewhere.
 * @throws the last error of `check` when the deadline passes
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  deadlineMs = DEADLINE_MS,
): Promise<Exclude<NonNullable<T>, false>> {
  const deadline = Date.now() + deadlineMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await check();
      if (value !== undefined && value !== null && value !== false)
        return value as Exclude<NonNullable<T>, false>;
      last = new Error(`never became true; last value: ${String(value)}`);
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) throw last;
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
}
