/** Only what never happens takes so long, also on a machine that does much else meanwhile. */
const DEADLINE_MS = 60_000;
/** Looks often at first, for most waits are short, and then less and less: a look costs those who are waited for, too. */
const LOOKS = { firstMs: 10, factor: 1.25, mostMs: 300 };

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
  for (let pauseMs = LOOKS.firstMs; ; pauseMs = Math.min(pauseMs * LOOKS.factor, LOOKS.mostMs)) {
    try {
      const value = await check();
      if (value !== undefined && value !== null && value !== false)
        return value as Exclude<NonNullable<T>, false>;
      last = new Error(`never became true; last value: ${String(value)}`);
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) throw last;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
