import { oidcErrors } from '@leadwire/contracts';
import { AppError } from '@leadwire/kernel';
import { AuthorizationResponseError, ResponseBodyError } from 'openid-client';

const RETRY_AFTER_SECONDS = 5;

/** Codes of openid-client that mean: what came is not what an honest provider sends to us. */
const FORGED = new Set([
  'OAUTH_INVALID_RESPONSE',
  'OAUTH_UNSUPPORTED_OPERATION',
  'OAUTH_JWT_TIMESTAMP_CHECK_FAILED',
  'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
  'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED',
  'OAUTH_KEY_SELECTION_FAILED',
]);
/** Errors of an authorization response (RFC 6749 §4.1.2.1) that are the provider's own trouble. */
const TROUBLE = new Set(['server_error', 'temporarily_unavailable']);

/**
 * The error that we answer for what went wrong with a provider. Nothing of what the provider sent goes into it but short codes:
 * claims, codes and tokens must not reach a log.
 */
export function providerFailure(error: unknown): AppError {
  if (error instanceof AppError && error.code.startsWith('oidc.')) return error;
  const internal = shortOf(error);
  if (error instanceof AuthorizationResponseError)
    return TROUBLE.has(error.error) ? unavailable(internal) : oidcErrors.denied({ internal });
  if (error instanceof ResponseBodyError)
    return error.error === 'invalid_grant' ? oidcErrors.rejected({ internal }) : unavailable(internal);
  if (FORGED.has(codeOf(error))) return oidcErrors.rejected({ internal });
  return unavailable(internal);
}

/** Whether the provider says that a token or code is worth nothing any more. */
export function isInvalidGrant(error: unknown): boolean {
  return error instanceof ResponseBodyError && error.error === 'invalid_grant';
}

/** What may be said of an error in a log. */
export function shortOf(error: unknown): string {
  if (error instanceof AppError) return error.details.internal ?? error.code;
  if (error instanceof AuthorizationResponseError || error instanceof ResponseBodyError)
    return `${error.code} ${printable(error.error)}`;
  const { cause } = error as { cause?: unknown };
  if (cause instanceof AppError) return shortOf(cause);
  return `${codeOf(error)} ${error instanceof Error ? error.message : ''}`.trim();
}

function unavailable(internal: string): AppError {
  return oidcErrors.provider_unavailable({ internal, retryAfterSeconds: RETRY_AFTER_SECONDS });
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : '';
}

function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 60);
}
