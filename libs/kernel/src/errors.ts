/** What went wrong, in words that are neither HTTP's nor NATS's; the edge maps each to its own status. */
export type ErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'precondition_failed'
  | 'too_large'
  | 'unsupported_media'
  | 'unprocessable'
  | 'rate_limited'
  | 'insufficient_funds'
  | 'unavailable'
  | 'timeout'
  | 'internal';

/** One broken rule of an input; `pointer` is a JSON Pointer (RFC 6901) into it. */
export type InputError = { pointer: string; code: string; detail: string };

export type ErrorDetails = {
  /** For the logs only: never leaves the service. */
  internal?: string;
  errors?: InputError[];
  /** Public extras that a client may act on, e.g. `{ missing: ['firstName'] }`. */
  extras?: Record<string, unknown>;
  retryAfterSeconds?: number;
  cause?: unknown;
};

export type ErrorSpec = { kind: ErrorKind; text: string; log?: 'debug' | 'info' | 'warn' | 'error' };

/** An expected failure with a stable dotted code (`lead.not_found`), a text for the public, and one for the logs. */
export class AppError extends Error {
  readonly kind: ErrorKind;
  readonly log: 'debug' | 'info' | 'warn' | 'error';

  constructor(
    readonly code: string,
    spec: ErrorSpec,
    readonly details: ErrorDetails = {},
  ) {
    super(spec.text, { cause: details.cause });
    this.name = 'AppError';
    this.kind = spec.kind;
    this.log = spec.log ?? (spec.kind === 'internal' ? 'error' : 'info');
  }
}

/**
 * Declares a module's closed list of errors once: `defineErrors('lead', { not_found: {...} })` gives
 * `leadErrors.not_found()` with the code `lead.not_found`.
 */
export function defineErrors<const S extends Record<string, ErrorSpec>>(
  prefix: string,
  specs: S,
): { [K in keyof S]: (details?: ErrorDetails) => AppError } {
  return Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => [
      name,
      (details?: ErrorDetails) => new AppError(`${prefix}.${name}`, spec, details),
    ]),
  ) as { [K in keyof S]: (details?: ErrorDetails) => AppError };
}

/** Failures that any operation may answer with. */
export const requestErrors = defineErrors('request', {
  invalid: { kind: 'invalid', text: 'The request is not valid.' },
  malformed: { kind: 'invalid', text: 'The request could not be read.' },
  unauthenticated: { kind: 'unauthenticated', text: 'Sign in to do this.' },
  forbidden: { kind: 'forbidden', text: 'You may not do this.' },
  not_found: { kind: 'not_found', text: 'There is nothing here.' },
  too_large: { kind: 'too_large', text: 'The request is too large.' },
  rate_limited: { kind: 'rate_limited', text: 'Too many requests; slow down.' },
  unavailable: {
    kind: 'unavailable',
    text: 'This part of Leadwire is not available right now.',
    log: 'warn',
  },
  timeout: { kind: 'timeout', text: 'The answer took too long.', log: 'warn' },
  internal: { kind: 'internal', text: 'Something went wrong on our side.' },
});
