import type Stripe from 'stripe';
import { ACCOUNT_ID } from '../state/stripe-objects.js';
import { listOf } from '../wire/listing.js';
import { route, type Operation } from '../wire/operation.js';
import { invalidRequest } from '../wire/stripe-error.js';

/** Stripe answers events of the last 30 days. */
const EVENTS_KEPT_S = 30 * 86_400;

const TYPES_MAX = 20;

/** What can only be read. */
export const READING_ROUTES = [
  route('GET', '/v1/account', account),
  route('GET', '/v1/balance', balance),
  route('GET', '/v1/balance_transactions', listBalance),
  route('GET', '/v1/balance_transactions/:id', ({ change, params, ids: [id = ''] }) => {
    params.end();
    return change.require('balance_transaction', id);
  }),
  route('GET', '/v1/charges', listCharges),
  route('GET', '/v1/charges/:id', ({ change, params, ids: [id = ''] }) => {
    params.end();
    return change.require('charge', id);
  }),
  route('GET', '/v1/setup_intents/:id', ({ change, params, ids: [id = ''] }) => {
    params.end();
    return change.require('setup_intent', id);
  }),
  route('GET', '/v1/events', listEvents),
  route('GET', '/v1/events/:id', ({ change, params, ids: [id = ''] }) => {
    params.end();
    return change.require('event', id);
  }),
];

function account({ params }: Operation): Stripe.Account {
  params.end();
  return {
    id: ACCOUNT_ID,
    object: 'account',
    charges_enabled: true,
    country: 'US',
    default_currency: 'usd',
    details_submitted: true,
    email: 'sandbox@leadwire.test',
    payouts_enabled: true,
    type: 'standard',
  };
}

/** The net of all that was moved, by currency; nothing is ever paid out. */
function balance({ change, params }: Operation): Stripe.Balance {
  params.end();
  const sums = { available: new Map<string, number>(), pending: new Map<string, number>() };
  for (const { currency, net, available_on } of change.all('balance_transaction')) {
    const sum = available_on <= change.now ? sums.available : sums.pending;
    sum.set(currency, (sum.get(currency) ?? 0) + net);
  }
  const amounts = (sum: Map<string, number>) => [...sum].map(([currency, amount]) => ({ amount, currency }));
  return {
    object: 'balance',
    available: amounts(sums.available),
    livemode: false,
    pending: amounts(sums.pending),
  };
}

function listBalance(operation: Operation): object {
  const [source, type] = ['source', 'type'].map((key) => operation.params.text(key));
  return listOf(
    operation,
    'balance_transaction',
    '/v1/balance_transactions',
    (moved) =>
      (source === undefined || moved.source === source) && (type === undefined || moved.type === type),
  );
}

function listCharges(operation: Operation): object {
  const [intent, customer] = ['payment_intent', 'customer'].map((key) => operation.params.text(key));
  return listOf(
    operation,
    'charge',
    '/v1/charges',
    (charge) =>
      (intent === undefined || charge.payment_intent === intent) &&
      (customer === undefined || charge.customer === customer),
  );
}

function listEvents(operation: Operation): object {
  const { change, params } = operation;
  const type = params.text('type');
  const types = params.texts('types');
  if (types.length > TYPES_MAX) {
    throw invalidRequest(`You may pass up to ${TYPES_MAX} types.`, { param: 'types' });
  }
  const delivered = params.boolean('delivery_success');
  const oldest = change.now - EVENTS_KEPT_S;
  return listOf(
    operation,
    'event',
    '/v1/events',
    (event) =>
      event.created >= oldest &&
      (type === undefined || matchesType(type, event.type)) &&
      (types.length === 0 || types.includes(event.type)) &&
      (delivered === undefined || delivered === (event.pending_webhooks === 0)),
  );
}

/** `payment_intent.*` stands for all of them. */
function matchesType(pattern: string, type: string): boolean {
  return pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : type === pattern;
}
