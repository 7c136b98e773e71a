import { HttpException } from '@nestjs/common';
import { AppError, assertUnreachable, defineErrors, requestErrors, type ErrorKind } from '@leadwire/kernel';

/** Failures that only HTTP knows. */
export const httpErrors = defineErrors('request', {
  method_not_allowed: { kind: 'not_found', text: 'This address does not take this method.' },
  unsupported_media: { kind: 'unsupported_media', text: 'Send the body as application/json.' },
  address_too_long: { kind: 'invalid', text: 'The address of the request is too long.' },
  cross_site: { kind: 'forbidden', text: 'This request may have been made by another site.' },
  upload_broken: { kind: 'invalid', text: 'The upload could not be read.' },
});

/** An RFC 9457 answer: its body and what goes with it into the head. */
export type Problem = { status: number; headers: Record<string, string>; body: Record<string, unknown> };

/** The one place that says which status a kind of failure has. */
export function statusOf(kind: ErrorKind): number {
  switch (kind) {
    case 'invalid':
      return 400;
    case 'unauthenticated':
      return 401;
    case 'insufficient_funds':
      return 402;
    case 'forbidden':
      return 403;
    case 'not_found':
      return 404;
    case 'conflict':
      return 409;
    case 'precondition_failed':
      return 412;
    case 'too_large':
      return 413;
    case 'unsupported_media':
      return 415;
    case 'unprocessable':
      return 422;
    case 'rate_limited':
      return 429;
    case 'internal':
      return 500;
    case 'unavailable':
      return 503;
    case 'timeout':
      return 504;
    default:
      return assertUnreachable(kind);
  }
}

/** Statuses that deserve their own number although they share a kind. */
const STATUS_OF_CODE: Readonly<Record<string, number>> = {
  'request.method_not_allowed': 405,
  'request.address_too_long': 414,
};

/** What we answer for `error`; nothing internal is in it. */
export function problemOf(error: AppError, requestId: string): Problem {
  const status = STATUS_OF_CODE[error.code] ?? statusOf(error.kind);
  const { errors, extras, retryAfterSeconds } = error.details;
  const headers: Record<string, string> = {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
  };
  if (retryAfterSeconds !== undefined)
    headers['retry-after'] = String(Math.max(1, Math.ceil(retryAfterSeconds)));
  if (status === 401) headers['www-authenticate'] = 'Bearer';
  return {
    status,
    headers,
    body: {
      ...extras,
      type: `urn:leadwire:problem:${error.code}`,
      title: error.message,
      status,
      code: error.code,
      requestId,
      ...(errors ? { errors } : {}),
    },
  };
}

/** Whatever was thrown on the way, in our own words; what we do not expect is our fault. */
export function appErrorOf(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const status = thrown instanceof HttpException ? thrown.getStatus() : statusCodeOf(thrown);
  const internal = withoutQuery(thrown instanceof Error ? thrown.message : String(thrown));
  switch (status) {
    case 404:
      return requestErrors.not_found({ internal });
    case 413:
      return requestErrors.too_large({ internal });
    case 414:
      return httpErrors.address_too_long({ internal });
    case 415:
      return httpErrors.unsupported_media({ internal });
    default:
      if (isMultipartError(thrown)) return httpErrors.upload_broken({ internal });
      if (status !== undefined && status >= 400 && status < 500) return requestErrors.malformed({ internal });
      return requestErrors.internal({ cause: thrown, internal });
  }
}

// Routers quote the address that they do not know, and some clients put tokens into it.
function withoutQuery(message: string): string {
  return message.replaceAll(/\?\S+/g, '?…');
}

// Fastify and its plugins throw errors that carry the status.
function statusCodeOf(thrown: unknown): number | undefined {
  const status = (thrown as { statusCode?: unknown } | undefined)?.statusCode;
  return typeof status === 'number' ? status : undefined;
}

// Busboy's own errors say nothing but their text.
function isMultipartError(thrown: unknown): boolean {
  return (
    thrown instanceof Error && /multipart|unexpected end of form|malformed part header/i.test(thrown.message)
  );
}
