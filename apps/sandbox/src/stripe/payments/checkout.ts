import { assert } from '@leadwire/kernel';
import type Stripe from 'stripe';
import { findCard } from '../cards.js';
import { addCustomer } from '../objects/customer.js';
import { addPaymentIntent } from '../objects/payment-intent.js';
import { addBankAccount, addCard, attach } from '../objects/payment-method.js';
import { addSetupIntent } from '../objects/setup-intent.js';
import type { StripeChange } from '../state/stripe-change.js';
import { cardError, invalidRequest, type StripeError } from '../wire/stripe-error.js';
import { attempt, authenticated, cancelIntent, cardOf, settle } from './paying.js';

type Session = Stripe.Checkout.Session;

/** Pays by a bank debit that settles later. */
export const BANK = 'bank';

export type PageInput = {
  /** The number of a test card, or {@link BANK}. */
  payWith: string;
  email?: string;
};

/** Where the customer goes from the page, or why the page is shown again. */
export type Step = { redirect: string } | { error: StripeError };

/** What happens when the customer submits the page of an open session. */
export function submit(change: StripeChange, session: Session, input: PageInput, baseUrl: string): Step {
  requireOpen(session);
  const method = methodFor(change, session, input.payWith);
  if ('error' in method) return method;
  session.customer_details = { ...NO_DETAILS, email: input.email ?? session.customer_email };
  takeCustomer(change, session);
  return session.mode === 'setup'
    ? setUp(change, session, method, baseUrl)
    : pay(change, session, method, baseUrl);
}

/** What comes of the customer's answer on the page that asks to authenticate. */
export function answerAuthentication(change: StripeChange, intentId: string, passed: boolean): Step {
  if (intentId.startsWith('seti_')) return answerSetup(change, intentId, passed);
  const intent = change.require('payment_intent', intentId);
  if (intent.status !== 'requires_action') throw invalidRequest('There is nothing to authenticate.');
  const error = authenticated(change, intent, passed);
  const { session: sessionId, returnUrl } = change.hidden('payment_intent', intentId);
  if (sessionId === undefined) return { redirect: withIntent(returnUrl, intent) };
  const session = change.require('checkout.session', sessionId);
  return error ? { error } : complete(change, session, 'paid');
}

/** The bank's answer to a debit, days later. */
export function settleDebit(change: StripeChange, intent: Stripe.PaymentIntent, succeeds: boolean): void {
  settle(change, intent, succeeds);
  const { session: id } = change.hidden('payment_intent', intent.id);
  if (id === undefined) return;
  const session = change.require('checkout.session', id);
  if (succeeds) session.payment_status = 'paid';
  change.emit(`checkout.session.async_payment_${succeeds ? 'succeeded' : 'failed'}`, session);
}

/** Nobody can pay it any more. */
export function expireSession(change: StripeChange, session: Session): void {
  session.status = 'expired';
  session.url = null;
  if (typeof session.payment_intent === 'string') {
    const intent = change.require('payment_intent', session.payment_intent);
    cancelIntent(change, intent, 'automatic');
  }
  change.emit('checkout.session.expired', session);
}

/** @throws when it is complete or expired */
export function requireOpen(session: Session): void {
  if (session.status === 'open') return;
  throw invalidRequest(`This checkout session is ${session.status}.`);
}

const NO_DETAILS: Omit<Stripe.Checkout.Session.CustomerDetails, 'email'> = {
  address: null,
  business_name: null,
  individual_name: null,
  name: null,
  phone: null,
  tax_exempt: 'none',
  tax_ids: [],
};

function methodFor(
  change: StripeChange,
  session: Session,
  payWith: string,
): Stripe.PaymentMethod | { error: StripeError } {
  if (payWith === BANK && session.payment_method_types.some((type) => type !== 'card')) {
    return addBankAccount(change, session.currency ?? 'usd');
  }
  const card = findCard(payWith);
  if (card) return addCard(change, card);
  return {
    error: cardError('Your card number is incorrect. The sandbox takes test cards only.', {
      code: 'incorrect_number',
    }),
  };
}

/** Saving a card needs somebody to save it for; otherwise a guest pays. */
function takeCustomer(change: StripeChange, session: Session): void {
  if (session.customer !== null) return;
  const { intent } = change.hidden('checkout.session', session.id);
  const wanted =
    session.customer_creation === 'always' || session.mode === 'setup' || intent?.setupFutureUsage;
  if (!wanted) return;
  const customer = addCustomer(change, { email: session.customer_details?.email ?? null });
  change.emit('customer.created', customer);
  session.customer = customer.id;
}

function pay(change: StripeChange, session: Session, method: Stripe.PaymentMethod, baseUrl: string): Step {
  const intent = intentOf(change, session);
  intent.payment_method = method.id;
  const error = attempt(change, intent, { offSession: false, errorOnRequiresAction: false, baseUrl });
  if (error) return { error };
  const action = intent.next_action?.redirect_to_url?.url;
  if (intent.status === 'requires_action' && action) return { redirect: action };
  return complete(change, session, intent.status === 'succeeded' ? 'paid' : 'unpaid');
}

function intentOf(change: StripeChange, session: Session): Stripe.PaymentIntent {
  if (typeof session.payment_intent === 'string')
    return change.require('payment_intent', session.payment_intent);
  const { intent: input = { metadata: {} } } = change.hidden('checkout.session', session.id);
  assert(
    session.amount_total !== null && session.currency !== null,
    'a session in payment mode has an amount',
  );
  const intent = addPaymentIntent(change, {
    ...input,
    amount: session.amount_total,
    currency: session.currency,
    customer: typeof session.customer === 'string' ? session.customer : undefined,
    methodTypes: session.payment_method_types,
  });
  change.hidden('payment_intent', intent.id).session = session.id;
  session.payment_intent = intent.id;
  return intent;
}

function complete(change: StripeChange, session: Session, status: Session['payment_status']): Step {
  session.status = 'complete';
  session.payment_status = status;
  session.url = null;
  change.emit('checkout.session.completed', session);
  assert(session.success_url !== null, 'a hosted session has a success URL');
  return { redirect: session.success_url.replaceAll('{CHECKOUT_SESSION_ID}', session.id) };
}

function setUp(change: StripeChange, session: Session, method: Stripe.PaymentMethod, baseUrl: string): Step {
  const { intent: input = { metadata: {} } } = change.hidden('checkout.session', session.id);
  const intent = addSetupIntent(change, { ...input, customer: session.customer as string });
  change.hidden('setup_intent', intent.id).session = session.id;
  session.setup_intent = intent.id;
  intent.payment_method = method.id;
  const card = cardOf(change, method);
  if (card.authentication !== 'none') {
    const url = `${baseUrl}/c/authenticate/${intent.id}`;
    intent.status = 'requires_action';
    intent.next_action = { type: 'redirect_to_url', redirect_to_url: { return_url: null, url } };
    change.emit('setup_intent.requires_action', intent);
    return { redirect: url };
  }
  if (!card.decline || card.declinesOnceSaved) return finishSetup(change, session, intent);
  const { code, declineCode, message } = card.decline;
  return refuseSetup(change, intent, cardError(message, { code, decline_code: declineCode }));
}

function answerSetup(change: StripeChange, intentId: string, passed: boolean): Step {
  const intent = change.require('setup_intent', intentId);
  if (intent.status !== 'requires_action') throw invalidRequest('There is nothing to authenticate.');
  const { session: id = '' } = change.hidden('setup_intent', intentId);
  const session = change.require('checkout.session', id);
  requireOpen(session);
  if (passed) return finishSetup(change, session, intent);
  const message = 'The provided PaymentMethod has failed authentication.';
  return refuseSetup(change, intent, cardError(message, { code: 'setup_intent_authentication_failure' }));
}

function finishSetup(change: StripeChange, session: Session, intent: Stripe.SetupIntent): Step {
  const method = change.require('payment_method', intent.payment_method as string);
  change.hidden('payment_method', method.id).setUp = true;
  intent.status = 'succeeded';
  intent.next_action = null;
  attach(change, method, session.customer as string);
  change.emit('setup_intent.succeeded', intent);
  return complete(change, session, 'no_payment_required');
}

function refuseSetup(change: StripeChange, intent: Stripe.SetupIntent, error: StripeError): Step {
  intent.status = 'requires_payment_method';
  intent.payment_method = null;
  intent.next_action = null;
  intent.last_setup_error = error.body as Stripe.SetupIntent.LastSetupError;
  change.emit('setup_intent.setup_failed', intent);
  return { error };
}

/** As Stripe does it: the page that the customer returns to learns which intent it was. */
function withIntent(returnUrl: string | undefined, intent: Stripe.PaymentIntent): string {
  if (returnUrl === undefined) return '/';
  const url = new URL(returnUrl);
  url.searchParams.set('payment_intent', intent.id);
  url.searchParams.set('payment_intent_client_secret', intent.client_secret ?? '');
  url.searchParams.set('redirect_status', intent.status === 'succeeded' ? 'succeeded' : 'failed');
  return url.href;
}
