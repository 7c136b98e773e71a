import type Stripe from 'stripe';
import { findCard } from '../cards.js';
import { requireCustomer } from '../objects/customer.js';
import { addCard, attach } from '../objects/payment-method.js';
import type { StripeChange } from '../state/stripe-change.js';
import { listOf } from '../wire/listing.js';
import { route, type Operation } from '../wire/operation.js';
import { invalidRequest, missingParameter } from '../wire/stripe-error.js';

/** A payment method by its id. One of Stripe's ready-made (`pm_card_visa`) becomes a new one. @throws resource_missing, payment_method_unexpected_state */
export function takeMethod(change: StripeChange, id: string, param: string): Stripe.PaymentMethod {
  const readyMade = /^(pm_card|tok)_/.test(id) ? findCard(id) : undefined;
  if (readyMade) return addCard(change, readyMade);
  const method = change.require('payment_method', id, param);
  if (!change.hidden('payment_method', id).detached) return method;
  throw invalidRequest('The provided PaymentMethod was detached from a Customer. It may not be used again.', {
    code: 'payment_method_unexpected_state',
    param,
  });
}

export const PAYMENT_METHOD_ROUTES = [
  route('POST', '/v1/payment_methods', create),
  route('GET', '/v1/payment_methods', list),
  route('GET', '/v1/payment_methods/:id', retrieve),
  route('POST', '/v1/payment_methods/:id/attach', attachTo),
  route('POST', '/v1/payment_methods/:id/detach', detach),
];

function create({ change, params }: Operation): object {
  params.oneOf('type', ['card']);
  const card = params.object('card');
  if (!card) throw missingParameter('card');
  const number = card.text('token') ?? card.requireText('number');
  card.ignore('exp_month', 'exp_year', 'cvc');
  card.end();
  const metadata = params.metadata();
  params.ignore('billing_details', 'allow_redisplay');
  params.end();
  const known = findCard(number);
  if (known) return addCard(change, known, metadata);
  throw invalidRequest('Your card was declined. The sandbox takes test cards only.', {
    code: 'incorrect_number',
    param: 'card[number]',
  });
}

function list(operation: Operation): object {
  const customer = operation.params.text('customer');
  const type = operation.params.text('type');
  return listOf(
    operation,
    'payment_method',
    '/v1/payment_methods',
    (method) =>
      (customer === undefined || method.customer === customer) &&
      (type === undefined || method.type === type),
  );
}

function retrieve({ change, params, ids: [id = ''] }: Operation): object {
  params.end();
  return change.require('payment_method', id);
}

function attachTo({ change, params, ids: [id = ''] }: Operation): object {
  const customer = requireCustomer(change, params.requireText('customer'));
  params.end();
  const method = takeMethod(change, id, 'id');
  if (method.customer !== null && method.customer !== customer.id) {
    throw invalidRequest('The payment method you provided has already been attached to a customer.');
  }
  attach(change, method, customer.id);
  return method;
}

function detach({ change, params, ids: [id = ''] }: Operation): object {
  params.end();
  const method = change.require('payment_method', id);
  if (typeof method.customer !== 'string') {
    throw invalidRequest(
      'The payment method you provided is not attached to a customer so detachment is impossible.',
    );
  }
  const owner = change.find('customer', method.customer);
  if (owner && !owner.deleted && owner.invoice_settings.default_payment_method === id) {
    owner.invoice_settings.default_payment_method = null;
  }
  change.emit('payment_method.detached', { ...method, customer: null }, { customer: method.customer });
  method.customer = null;
  change.hidden('payment_method', id).detached = true;
  return method;
}
