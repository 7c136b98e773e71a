/** Throws when an invariant of our own code does not hold. Never use it for input: input gets an {@link AppError}. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`Invariant violated: ${message}`);
}

/** Marks a branch the compiler proves unreachable; a new union member then fails the build, not the user. */
export function assertUnreachable(value: never): never {
  throw new Error(`Unreachable value: ${String(value)}`);
}
