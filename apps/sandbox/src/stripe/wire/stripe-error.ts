import type Stripe from 'stripe';

export type StripeErrorBody = {
  type: 'invalid_request_error' | 'card_error' | 'api_error' | 'idempotency_error' | 'rate_limit_error';
  message: string;
  code?: string;
  param?: string;
  decline_code?: string;
  advice_code?: string;
  charge?: string;
  payment_intent?: Stripe.PaymentIntent;
  payment_method?: Stripe.PaymentMethod;
  doc_url?: string;
};

/** A failure in Stripe's words. */
export class StripeError extends Error {
  /**
   * @param keepsEffects whether what happened until then stays: a declined charge exists, a refused request never was
   * @param stored whether the answer is remembered under the request's idempotency key
   */
  constructor(
    readonly status: number,
    readonly body: StripeErrorBody,
    readonly keepsEffects = false,
    readonly stored = keepsEffects,
  ) {
    super(body.message);
  }
}

export function invalidRequest(
  message: string,
  more: Partial<StripeErrorBody> = {},
  status = 400,
): StripeError {
  return new StripeError(status, { type: 'invalid_request_error', message, ...withDoc(more) });
}

export function missingParameter(param: string): StripeError {
  return invalidRequest(`Missing required param: ${param}.`, { code: 'parameter_missing', param });
}

/** An id that is not there. In a path it is 404, in a parameter 400, as Stripe has it. */
export function noSuch(kind: string, id: string, param: string): StripeError {
  const status = param === 'id' ? 404 : 400;
  return invalidRequest(`No such ${kind}: '${id}'`, { code: 'resource_missing', param }, status);
}

export function idempotencyError(status: number, message: string, code?: string): StripeError {
  return new StripeError(status, { type: 'idempotency_error', message, ...(code ? withDoc({ code }) : {}) });
}

/** A declined card: the charge and the failed attempt stay. */
export function cardError(message: string, more: Partial<StripeErrorBody>): StripeError {
  return new StripeError(402, { type: 'card_error', message, ...withDoc(more) }, true);
}

function withDoc(more: Partial<StripeErrorBody>): Partial<StripeErrorBody> {
  const code = more.code?.replaceAll('_', '-');
  return code ? { ...more, doc_url: `https://stripe.com/docs/error-codes/${code}` } : more;
}
