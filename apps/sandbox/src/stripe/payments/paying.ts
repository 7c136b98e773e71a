import { assert } from '@leadwire/kernel';
import type Stripe from 'stripe';
import { findCard, needsAuthentication, type Decline, type TestCard } from '../cards.js';
import { addBalanceTransaction, chargeFee } from '../objects/balance-transaction.js';
import { addCharge } from '../objects/charge.js';
import { attach } from '../objects/payment-method.js';
import type { StripeChange } from '../state/stripe-change.js';
import { cardError, invalidRequest, type StripeError } from '../wire/stripe-error.js';
import { openDispute } from './disputing.js';

const AUTHENTICATION_REQUIRED: Decline = {
  code: 'authentication_required',
  declineCode: 'authentication_required',
  message: 'Your card was declined. This transaction requires authentication.',
};

export type Attempt = {
  /** Whether the customer is not there to authenticate. */
  offSession: boolean;
  errorOnRequiresAction: boolean;
  /** Where the page to authenticate is. */
  baseUrl: string;
};

/**
 * Tries to pay an intent with its payment method. It then has succeeded, is processing, or waits for authentication.
 * @returns the error of a card that was declined; the attempt and what it left behind stay
 */
export function attempt(
  change: StripeChange,
  intent: Stripe.PaymentIntent,
  { offSession, errorOnRequiresAction, baseUrl }: Attempt,
): StripeError | undefined {
  const method = methodOf(change, intent);
  if (method.type !== 'card') {
    process(change, intent);
    return undefined;
  }
  const card = cardOf(change, method);
  const { setUp = false } = change.hidden('payment_method', method.id);
  if (!needsAuthentication(card, { offSession, setUp })) return charge(change, intent, method);
  if (offSession) return fail(change, intent, method, AUTHENTICATION_REQUIRED);
  if (errorOnRequiresAction) return refuseAction(change, intent, method);
  askToAuthenticate(change, intent, baseUrl);
  return undefined;
}

/** What comes of the customer's answer to being asked to authenticate. */
export function authenticated(
  change: StripeChange,
  intent: Stripe.PaymentIntent,
  passed: boolean,
): StripeError | undefined {
  const method = methodOf(change, intent);
  intent.next_action = null;
  if (passed) return charge(change, intent, method);
  return refuseAction(change, intent, method, {
    code: 'payment_intent_authentication_failure',
    message: 'The provided PaymentMethod has failed authentication.',
  });
}

/** The bank's answer, days later, to a debit. */
export function settle(change: StripeChange, intent: Stripe.PaymentIntent, succeeds: boolean): void {
  const method = methodOf(change, intent);
  if (succeeds) succeed(change, intent, method);
  else {
    fail(change, intent, method, {
      code: 'payment_intent_payment_attempt_failed',
      declineCode: 'generic_decline',
      message: 'The bank account could not be debited.',
    });
  }
}

/** Nobody can pay it any more. */
export function cancelIntent(
  change: StripeChange,
  intent: Stripe.PaymentIntent,
  reason: Stripe.PaymentIntent.CancellationReason | null,
): Stripe.PaymentIntent {
  intent.status = 'canceled';
  intent.canceled_at = change.now;
  intent.cancellation_reason = reason;
  intent.next_action = null;
  change.emit('payment_intent.canceled', intent);
  return intent;
}

/** @throws payment_intent_unexpected_state */
export function requireStatus(
  intent: Stripe.PaymentIntent,
  action: string,
  statuses: readonly Stripe.PaymentIntent.Status[],
): void {
  if (statuses.includes(intent.status)) return;
  throw invalidRequest(
    `You cannot ${action} this PaymentIntent because it has a status of ${intent.status}.`,
    {
      code: 'payment_intent_unexpected_state',
      payment_intent: structuredClone(intent),
    },
  );
}

function methodOf(change: StripeChange, intent: Stripe.PaymentIntent): Stripe.PaymentMethod {
  assert(typeof intent.payment_method === 'string', 'an intent that is being paid has a payment method');
  return change.require('payment_method', intent.payment_method, 'payment_method');
}

export function cardOf(change: StripeChange, method: Stripe.PaymentMethod): TestCard {
  const card = findCard(change.hidden('payment_method', method.id).cardNumber ?? '');
  assert(card, 'every card of the sandbox is a test card');
  return card;
}

function process(change: StripeChange, intent: Stripe.PaymentIntent): void {
  intent.status = 'processing';
  intent.last_payment_error = null;
  change.emit('payment_intent.processing', intent);
}

function askToAuthenticate(change: StripeChange, intent: Stripe.PaymentIntent, baseUrl: string): void {
  const { returnUrl = null } = change.hidden('payment_intent', intent.id);
  intent.status = 'requires_action';
  intent.next_action = {
    type: 'redirect_to_url',
    redirect_to_url: { return_url: returnUrl, url: `${baseUrl}/c/authenticate/${intent.id}` },
  };
  change.emit('payment_intent.requires_action', intent);
}

function charge(
  change: StripeChange,
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
): StripeError | undefined {
  const card = cardOf(change, method);
  const declined = card.decline && (!card.declinesOnceSaved || method.customer !== null);
  if (declined && card.decline) return fail(change, intent, method, card.decline);
  const paid = succeed(change, intent, method);
  if (card.disputed) openDispute(change, paid, 'fraudulent');
  return undefined;
}

function succeed(
  change: StripeChange,
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
): Stripe.Charge {
  const paid = addCharge(change, intent, method);
  paid.balance_transaction = addBalanceTransaction(change, {
    amount: intent.amount,
    fee: chargeFee(intent.amount),
    currency: intent.currency,
    source: paid.id,
    type: 'charge',
    category: 'charge',
    description: intent.description,
  }).id;
  intent.status = 'succeeded';
  intent.amount_received = intent.amount;
  intent.latest_charge = paid.id;
  intent.last_payment_error = null;
  intent.next_action = null;
  saveMethod(change, intent, method);
  change.emit('charge.succeeded', paid);
  change.emit('payment_intent.succeeded', intent);
  return paid;
}

function saveMethod(change: StripeChange, intent: Stripe.PaymentIntent, method: Stripe.PaymentMethod): void {
  if (!intent.setup_future_usage || typeof intent.customer !== 'string') return;
  change.hidden('payment_method', method.id).setUp = true;
  attach(change, method, intent.customer);
}

function fail(
  change: StripeChange,
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
  decline: Decline,
): StripeError {
  const failed = addCharge(change, intent, method, decline);
  change.emit('charge.failed', failed);
  intent.latest_charge = failed.id;
  return giveBack(change, intent, method, {
    charge: failed.id,
    code: decline.code,
    decline_code: decline.declineCode,
    message: decline.message,
  });
}

function refuseAction(
  change: StripeChange,
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
  { code, message } = {
    code: 'authentication_required',
    message:
      'This payment required an authentication action to complete, but `error_on_requires_action` was set.',
  },
): StripeError {
  return giveBack(change, intent, method, { code, message });
}

/** The intent wants another payment method and remembers what went wrong with this one. */
function giveBack(
  change: StripeChange,
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
  { message, ...error }: { code: string; message: string; charge?: string; decline_code?: string },
): StripeError {
  intent.status = 'requires_payment_method';
  intent.payment_method = null;
  const refused = cardError(message, { ...error, payment_method: structuredClone(method) });
  intent.last_payment_error = refused.body as Stripe.PaymentIntent.LastPaymentError;
  change.emit('payment_intent.payment_failed', intent);
  return cardError(message, { ...refused.body, payment_intent: structuredClone(intent) });
}
