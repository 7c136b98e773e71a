import type Stripe from 'stripe';
import { addCustomer, requireCustomer } from '../objects/customer.js';
import type { StripeChange } from '../state/stripe-change.js';
import { listOf } from '../wire/listing.js';
import { route, type Operation } from '../wire/operation.js';
import type { Params } from '../wire/params.js';
import { invalidRequest, noSuch } from '../wire/stripe-error.js';

const EMAIL_MAX = 512;
const NAME_MAX = 256;

export const CUSTOMER_ROUTES = [
  route('POST', '/v1/customers', create),
  route('GET', '/v1/customers', list),
  route('GET', '/v1/customers/:id', retrieve),
  route('POST', '/v1/customers/:id', update),
  route('DELETE', '/v1/customers/:id', remove),
  route('GET', '/v1/customers/:id/payment_methods', listMethods),
  route('GET', '/v1/customers/:id/payment_methods/:id', retrieveMethod),
];

function create({ change, params }: Operation): object {
  const customer = addCustomer(change, {});
  readInto(change, customer, params);
  change.emit('customer.created', customer);
  return customer;
}

function list(operation: Operation): object {
  const email = operation.params.text('email');
  return listOf(
    operation,
    'customer',
    '/v1/customers',
    (customer) => !customer.deleted && (email === undefined || customer.email === email),
  );
}

/** A deleted customer is answered too, with `deleted: true`. */
function retrieve({ change, params, ids: [id = ''] }: Operation): object {
  params.end();
  return change.require('customer', id);
}

function update({ change, params, ids: [id = ''] }: Operation): object {
  const customer = requireCustomer(change, id, 'id');
  readInto(change, customer, params);
  change.emit('customer.updated', customer);
  return customer;
}

function remove({ change, params, ids: [id = ''] }: Operation): object {
  params.end();
  const customer = requireCustomer(change, id, 'id');
  for (const { id: methodId, customer: owner } of change.all('payment_method')) {
    if (owner !== id) continue;
    change.require('payment_method', methodId).customer = null;
    change.hidden('payment_method', methodId).detached = true;
  }
  change.emit('customer.deleted', customer);
  return change.add({ id, object: 'customer', deleted: true } satisfies Stripe.DeletedCustomer);
}

function listMethods(operation: Operation): object {
  const [id = ''] = operation.ids;
  requireCustomer(operation.change, id, 'id');
  const type = operation.params.text('type');
  return listOf(
    operation,
    'payment_method',
    `/v1/customers/${id}/payment_methods`,
    (method) => method.customer === id && (type === undefined || method.type === type),
  );
}

function retrieveMethod({ change, params, ids: [id = '', methodId = ''] }: Operation): object {
  params.end();
  requireCustomer(change, id, 'id');
  const method = change.require('payment_method', methodId);
  if (method.customer !== id) throw noSuch('PaymentMethod', methodId, 'id');
  return method;
}

function readInto(change: StripeChange, customer: Stripe.Customer, params: Params): void {
  if (params.has('email')) customer.email = params.text('email', { max: EMAIL_MAX }) ?? null;
  if (params.has('name')) customer.name = params.text('name', { max: NAME_MAX }) ?? null;
  if (params.has('description')) customer.description = params.text('description') ?? null;
  if (params.has('phone')) customer.phone = params.text('phone') ?? null;
  customer.metadata = params.metadata(customer.metadata);
  const settings = params.object('invoice_settings');
  if (settings) readSettings(change, customer, settings);
  params.ignore('address', 'preferred_locales', 'tax_exempt');
  params.end();
}

function readSettings(change: StripeChange, customer: Stripe.Customer, settings: Params): void {
  const id = settings.text('default_payment_method');
  const param = settings.name('default_payment_method');
  settings.end();
  if (id !== undefined && change.require('payment_method', id, param).customer !== customer.id) {
    throw invalidRequest('The customer does not have a payment method with the ID ' + id, { param });
  }
  customer.invoice_settings.default_payment_method = id ?? null;
}
