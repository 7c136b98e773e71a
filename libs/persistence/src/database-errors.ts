import { AppError, requestErrors } from '@leadwire/kernel';

/** SQLSTATEs after which the same transaction may simply be run again (PostgreSQL manual, appendix A). */
const RETRYABLE = new Set(['40001', '40P01']);
/** The server is going, coming or full: not the caller's fault, and worth another try later. */
const UNAVAILABLE = /^(08|53|57P)/;
const LOST =
  /ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|Connection terminated|connection error and is not queryable|timeout exceeded when trying to connect|Client was closed/;

type DatabaseError = Error & { code?: string; constraint?: string; driverError?: DatabaseError };

function rootOf(error: unknown): DatabaseError | undefined {
  if (!(error instanceof Error)) return undefined;
  return (error as DatabaseError).driverError ?? (error as DatabaseError);
}

/** Whether the same transaction may simply be run again, e.g. after a deadlock. */
export function isRetryable(error: unknown): boolean {
  return RETRYABLE.has(rootOf(error)?.code ?? '');
}

/** Whether `error` is a violation of the named unique constraint or unique index. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  const root = rootOf(error);
  return root?.code === '23505' && (constraint === undefined || root.constraint === constraint);
}

/** Whether `error` is a violation of the named foreign key. */
export function isForeignKeyViolation(error: unknown, constraint?: string): boolean {
  const root = rootOf(error);
  return root?.code === '23503' && (constraint === undefined || root.constraint === constraint);
}

/** Makes "the database is away" say so to the caller; everything else passes as it is. */
export function translateDatabaseError(error: unknown): unknown {
  if (error instanceof AppError) return error;
  const root = rootOf(error);
  if (!root) return error;
  if (UNAVAILABLE.test(root.code ?? '') || LOST.test(`${root.code} ${root.message}`)) {
    return requestErrors.unavailable({ cause: error, internal: root.message, retryAfterSeconds: 1 });
  }
  return error;
}
