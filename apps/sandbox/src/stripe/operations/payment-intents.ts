import type Stripe from 'stripe';
import { checkAmount, checkCurrency } from '../money.js';
import { requireCustomer } from '../objects/customer.js';
import { addPaymentIntent } from '../objects/payment-intent.js';
import { attempt, cancelIntent, requireStatus } from '../payments/paying.js';
import type { StripeChange } from '../state/stripe-change.js';
import { listOf } from '../wire/listing.js';
import { route, type Operation } from '../wire/operation.js';
import type { Params } from '../wire/params.js';
import { invalidRequest, missingParameter } from '../wire/stripe-error.js';
import { takeMethod } from './payment-methods.js';

const SETUP = ['off_session', 'on_session'] as const;
const DESCRIPTOR_MAX = 22;
const CANCELLATIONS = ['abandoned', 'duplicate', 'fraudulent', 'requested_by_customer'] as const;

export const PAYMENT_INTENT_ROUTES = [
  route('POST', '/v1/payment_intents', create),
  route('GET', '/v1/payment_intents', list),
  route('GET', '/v1/payment_intents/:id', retrieve),
  route('POST', '/v1/payment_intents/:id', update),
  route('POST', '/v1/payment_intents/:id/confirm', confirm),
  route('POST', '/v1/payment_intents/:id/cancel', cancel),
];

function create({ change, params, baseUrl }: Operation): object {
  const amount = params.requireInteger('amount', { min: 1 });
  const currency = checkCurrency(params.requireText('currency'));
  checkAmount(amount, currency);
  const customer = params.text('customer');
  if (customer !== undefined) requireCustomer(change, customer);
  const method = takeOwnMethod(change, params, customer);
  const confirms = params.boolean('confirm') ?? false;
  if (!confirms) refuseWithoutConfirm(params);
  const attemptParams = readAttempt(params);
  params.oneOf('capture_method', ['automatic', 'automatic_async']);
  params.ignore('automatic_payment_methods', 'use_stripe_sdk');
  const methodTypes = params.texts('payment_method_types');
  const intent = addPaymentIntent(change, {
    amount,
    currency,
    customer,
    paymentMethod: method?.id,
    description: params.text('description'),
    metadata: params.metadata(),
    receiptEmail: params.text('receipt_email'),
    setupFutureUsage: params.oneOf('setup_future_usage', SETUP),
    statementDescriptor: params.text('statement_descriptor', { max: DESCRIPTOR_MAX }),
    methodTypes: methodTypes.length > 0 ? methodTypes : undefined,
  });
  params.end();
  return confirms ? pay(change, intent, { ...attemptParams, baseUrl }) : intent;
}

function list(operation: Operation): object {
  const customer = operation.params.text('customer');
  return listOf(
    operation,
    'payment_intent',
    '/v1/payment_intents',
    (intent) => customer === undefined || intent.customer === customer,
  );
}

function retrieve({ change, params, ids: [id = ''] }: Operation): object {
  params.ignore('client_secret');
  params.end();
  return change.require('payment_intent', id);
}

function update({ change, params, ids: [id = ''] }: Operation): object {
  const intent = change.require('payment_intent', id);
  if (params.has('amount')) {
    requireStatus(intent, 'change the amount of', ['requires_payment_method', 'requires_confirmation']);
    intent.amount = checkAmount(params.requireInteger('amount', { min: 1 }), intent.currency);
  }
  if (params.has('description')) intent.description = params.text('description') ?? null;
  intent.metadata = params.metadata(intent.metadata);
  params.end();
  return intent;
}

function confirm({ change, params, ids: [id = ''], baseUrl }: Operation): object {
  const intent = change.require('payment_intent', id);
  refuseOfCheckout(change, id, 'confirm');
  requireStatus(intent, 'confirm', ['requires_payment_method', 'requires_confirmation', 'requires_action']);
  const owner = typeof intent.customer === 'string' ? intent.customer : undefined;
  const method = takeOwnMethod(change, params, owner);
  if (method) intent.payment_method = method.id;
  const attemptParams = readAttempt(params);
  intent.setup_future_usage = params.oneOf('setup_future_usage', SETUP) ?? intent.setup_future_usage;
  params.ignore('use_stripe_sdk');
  params.end();
  return pay(change, intent, { ...attemptParams, baseUrl });
}

function cancel({ change, params, ids: [id = ''] }: Operation): object {
  const intent = change.require('payment_intent', id);
  const reason = params.oneOf('cancellation_reason', CANCELLATIONS);
  params.end();
  refuseOfCheckout(change, id, 'cancel');
  requireStatus(intent, 'cancel', ['requires_payment_method', 'requires_confirmation', 'requires_action']);
  return cancelIntent(change, intent, reason ?? null);
}

/** @throws for the intent of a checkout session that is open: its page alone decides over it */
function refuseOfCheckout(change: StripeChange, id: string, action: string): void {
  const { session } = change.hidden('payment_intent', id);
  if (session === undefined || change.find('checkout.session', session)?.status !== 'open') return;
  throw invalidRequest(
    `You cannot ${action} a PaymentIntent that was created by a Checkout Session. Expire the Checkout Session instead.`,
  );
}

type AttemptParams = { offSession: boolean; errorOnRequiresAction: boolean; returnUrl?: string };

function readAttempt(params: Params): AttemptParams {
  return {
    offSession: params.boolean('off_session') ?? false,
    errorOnRequiresAction: params.boolean('error_on_requires_action') ?? false,
    returnUrl: params.text('return_url'),
  };
}

function refuseWithoutConfirm(params: Params): void {
  for (const param of ['off_session', 'error_on_requires_action', 'return_url']) {
    if (params.has(param)) {
      throw invalidRequest(`The parameter ${param} cannot be used without confirm=true.`, { param });
    }
  }
}

function pay(
  change: StripeChange,
  intent: Stripe.PaymentIntent,
  { returnUrl, ...how }: AttemptParams & { baseUrl: string },
): Stripe.PaymentIntent {
  if (intent.payment_method === null) throw missingParameter('payment_method');
  if (returnUrl !== undefined) change.hidden('payment_intent', intent.id).returnUrl = returnUrl;
  const declined = attempt(change, intent, how);
  if (declined) throw declined;
  return intent;
}

/** @throws when the method belongs to somebody else: a saved card pays for its customer only */
function takeOwnMethod(
  change: StripeChange,
  params: Params,
  customer: string | undefined,
): Stripe.PaymentMethod | undefined {
  const id = params.text('payment_method');
  if (id === undefined) return undefined;
  const method = takeMethod(change, id, 'payment_method');
  if (method.customer === null || method.customer === customer) return method;
  throw invalidRequest(
    customer === undefined
      ? 'The provided PaymentMethod belongs to a Customer; please include the Customer in the `customer` parameter.'
      : 'The provided PaymentMethod does not belong to the provided Customer.',
    { param: 'payment_method' },
  );
}
