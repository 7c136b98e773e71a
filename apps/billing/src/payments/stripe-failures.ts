import { paymentErrors } from '@leadwire/contracts';
import { AppError, requestErrors } from '@leadwire/kernel';
import Stripe from 'stripe';

const BUSY_AFTER_S = 5;
const AMOUNT_CODES = new Set(['amount_too_small', 'amount_too_large']);

/** Whether Stripe itself failed: it keeps that answer under the request's key, so only another key asks again. */
export function isKeptFailure(error: unknown): boolean {
  const cause = error instanceof AppError ? error.details.cause : error;
  return cause instanceof Stripe.errors.StripeAPIError && (cause.statusCode ?? 0) >= 500;
}

/** Whether Stripe knows nothing under the id that was asked for. */
export function isMissing(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeInvalidRequestError && error.code === 'resource_missing';
}

/** Why a card was not charged, in Stripe's words; undefined when the card is not the reason. */
export function declineOf(error: unknown): { code: string; paymentId: string | null } | undefined {
  if (error instanceof Stripe.errors.StripeCardError) {
    const paymentId = error.payment_intent?.id ?? null;
    return { code: error.decline_code ?? error.code ?? 'card_declined', paymentId };
  }
  // A card that was detached or belongs to nobody any more will never be charged again.
  const gone = isMissing(error) || codeOf(error) === 'payment_method_unexpected_state';
  return gone ? { code: 'payment_method_gone', paymentId: null } : undefined;
}

/** What Stripe answered, or did not, in our words. */
export function failureOf(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const said = `Stripe: ${error instanceof Error ? error.message : String(error)}`;
  if (AMOUNT_CODES.has(codeOf(error) ?? ''))
    return requestErrors.invalid({
      errors: [{ pointer: '/amount', code: 'range', detail: 'is too little or too much to be paid by card' }],
      internal: said,
    });
  return mayPass(error)
    ? paymentErrors.provider_unavailable({ cause: error, internal: said, retryAfterSeconds: BUSY_AFTER_S })
    : paymentErrors.provider_refused({ cause: error, internal: said });
}

// No answer, too many requests, a failure of Stripe's own, or the same request still under way (409).
function mayPass(error: unknown): boolean {
  return (
    error instanceof Stripe.errors.StripeConnectionError ||
    error instanceof Stripe.errors.StripeRateLimitError ||
    error instanceof Stripe.errors.StripeAPIError
  );
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Stripe.errors.StripeError ? error.code : undefined;
}
