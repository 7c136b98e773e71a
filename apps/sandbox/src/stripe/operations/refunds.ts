import type Stripe from 'stripe';
import { findCard } from '../cards.js';
import { addRefund, failRefund } from '../payments/refunding.js';
import type { StripeChange } from '../state/stripe-change.js';
import { listOf } from '../wire/listing.js';
import { route, type Operation } from '../wire/operation.js';
import type { Params } from '../wire/params.js';
import { invalidRequest, missingParameter } from '../wire/stripe-error.js';

const REASONS = ['duplicate', 'fraudulent', 'requested_by_customer'] as const;

export const REFUND_ROUTES = [
  route('POST', '/v1/refunds', create),
  route('GET', '/v1/refunds', list),
  route('GET', '/v1/refunds/:id', retrieve),
];

function create({ change, params }: Operation): object {
  const charge = chargeOf(change, params);
  const input = {
    amount: params.integer('amount', { min: 1 }),
    reason: params.oneOf('reason', REASONS),
    metadata: params.metadata(),
  };
  params.end();
  const refund = addRefund(change, charge, input);
  const answered = structuredClone(refund);
  if (refundsFail(change, charge)) failRefund(change, refund);
  return answered;
}

function list(operation: Operation): object {
  const [intent, charge] = ['payment_intent', 'charge'].map((key) => operation.params.text(key));
  return listOf(
    operation,
    'refund',
    '/v1/refunds',
    (refund) =>
      (intent === undefined || refund.payment_intent === intent) &&
      (charge === undefined || refund.charge === charge),
  );
}

function retrieve({ change, params, ids: [id = ''] }: Operation): object {
  params.end();
  return change.require('refund', id);
}

function chargeOf(change: StripeChange, params: Params): Stripe.Charge {
  const chargeId = params.text('charge');
  const intentId = params.text('payment_intent');
  if (chargeId !== undefined) return change.require('charge', chargeId, 'charge');
  if (intentId === undefined) throw missingParameter('payment_intent');
  const intent = change.require('payment_intent', intentId, 'payment_intent');
  if (typeof intent.latest_charge === 'string') return change.require('charge', intent.latest_charge);
  throw invalidRequest('This PaymentIntent does not have a successful charge to refund.', {
    param: 'payment_intent',
  });
}

function refundsFail(change: StripeChange, { payment_method: method }: Stripe.Charge): boolean {
  const number = method === null ? undefined : change.hidden('payment_method', method).cardNumber;
  return findCard(number ?? '')?.refundsFail ?? false;
}
