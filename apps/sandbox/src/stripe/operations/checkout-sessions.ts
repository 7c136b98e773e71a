import type Stripe from 'stripe';
import { checkAmount, checkCurrency } from '../money.js';
import { addSession } from '../objects/checkout-session.js';
import { requireCustomer } from '../objects/customer.js';
import { newLineItem } from '../objects/line-item.js';
import { expireSession } from '../payments/checkout.js';
import type { StripeChange } from '../state/stripe-change.js';
import type { Hidden } from '../state/stripe-objects.js';
import { listOf } from '../wire/listing.js';
import { route, type Operation } from '../wire/operation.js';
import type { Params } from '../wire/params.js';
import { invalidRequest, missingParameter } from '../wire/stripe-error.js';

const EXPIRES_IN_MIN_S = 30 * 60;
const EXPIRES_IN_MAX_S = 24 * 3_600;
/** A client's clock may be a little off, and its request takes a moment. */
const EXPIRES_SLACK_S = 60;
const LINES_MAX = 100;
const QUANTITY_MAX = 999_999;
const REFERENCE_MAX = 200;
const URL_MAX = 5_000;

export const CHECKOUT_ROUTES = [
  route('POST', '/v1/checkout/sessions', create),
  route('GET', '/v1/checkout/sessions', list),
  route('GET', '/v1/checkout/sessions/:id', retrieve),
  route('GET', '/v1/checkout/sessions/:id/line_items', listLines),
  route('POST', '/v1/checkout/sessions/:id/expire', expire),
];

function create({ change, params, baseUrl }: Operation): object {
  const mode = params.oneOf('mode', ['payment', 'setup']) ?? 'payment';
  params.oneOf('ui_mode', ['hosted_page']);
  const customer = params.text('customer');
  if (customer !== undefined) requireCustomer(change, customer);
  const lineItems = mode === 'payment' ? readLines(change.now, params) : [];
  const currency = lineItems[0]?.currency ?? checkCurrency(params.text('currency') ?? 'usd');
  const amount = lineItems.reduce((sum, line) => sum + line.amount_total, 0);
  if (mode === 'payment') checkAmount(amount, currency, 'line_items');
  const methodTypes = params.texts('payment_method_types');
  const input = {
    mode,
    successUrl: requireUrl(params, 'success_url'),
    cancelUrl: params.has('cancel_url') ? requireUrl(params, 'cancel_url') : undefined,
    clientReferenceId: params.text('client_reference_id', { max: REFERENCE_MAX }),
    customer,
    customerCreation: params.oneOf('customer_creation', ['always', 'if_required']) ?? 'if_required',
    customerEmail: params.text('customer_email'),
    currency: mode === 'payment' ? currency : null,
    amount: mode === 'payment' ? amount : null,
    expiresAt: readExpiry(change.now, params),
    metadata: params.metadata(),
    methodTypes: methodTypes.length > 0 ? methodTypes : undefined,
    baseUrl,
  };
  const intent = readIntentData(
    params.object(mode === 'payment' ? 'payment_intent_data' : 'setup_intent_data'),
  );
  params.ignore('allow_promotion_codes', 'billing_address_collection', 'customer_update', 'locale');
  params.ignore('payment_method_options', 'saved_payment_method_options', 'submit_type');
  params.end();
  return addSession(change, input, { intent, lineItems });
}

function list(operation: Operation): object {
  const { params } = operation;
  const [intent, customer, status] = ['payment_intent', 'customer', 'status'].map((key) => params.text(key));
  return listOf(
    operation,
    'checkout.session',
    '/v1/checkout/sessions',
    (session) =>
      (intent === undefined || session.payment_intent === intent) &&
      (customer === undefined || session.customer === customer) &&
      (status === undefined || session.status === status),
  );
}

/** With its lines, so that `expand[]=line_items` finds them as it would at Stripe. */
function retrieve({ change, params, ids: [id = ''] }: Operation): object {
  const wantsLines = params.expands.some((path) => path.split('.')[0] === 'line_items');
  params.end();
  const session = change.require('checkout.session', id);
  return wantsLines ? { ...session, line_items: linesOf(change, session) } : session;
}

function listLines({ change, params, ids: [id = ''] }: Operation): object {
  params.ignore('limit');
  params.end();
  return linesOf(change, change.require('checkout.session', id));
}

function expire({ change, params, ids: [id = ''] }: Operation): object {
  params.end();
  const session = change.require('checkout.session', id);
  if (session.status !== 'open') {
    throw invalidRequest(
      `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of ${session.status}.`,
    );
  }
  expireSession(change, session);
  return session;
}

function linesOf(change: StripeChange, session: Stripe.Checkout.Session): object {
  const { lineItems = [] } = change.hidden('checkout.session', session.id);
  return {
    object: 'list',
    data: lineItems,
    has_more: false,
    url: `/v1/checkout/sessions/${session.id}/line_items`,
  };
}

function readLines(now: number, params: Params): Stripe.LineItem[] {
  const lines = params.objects('line_items');
  if (lines.length === 0) throw missingParameter('line_items');
  if (lines.length > LINES_MAX)
    throw invalidRequest(`At most ${LINES_MAX} line items.`, { param: 'line_items' });
  const read = lines.map((line) => readLine(now, line));
  if (read.every(({ currency }) => currency === read[0]?.currency)) return read;
  throw invalidRequest('All line items must have the same currency.', { param: 'line_items' });
}

function readLine(now: number, line: Params): Stripe.LineItem {
  const quantity = line.requireInteger('quantity', { min: 1, max: QUANTITY_MAX });
  const price = line.object('price_data');
  if (!price) throw missingParameter(line.name('price_data'));
  line.end();
  const product = price.object('product_data');
  if (!product) throw missingParameter(price.name('product_data'));
  const name = product.requireText('name');
  product.text('description');
  product.metadata();
  product.ignore('images', 'tax_code', 'unit_label');
  product.end();
  const currency = checkCurrency(price.requireText('currency'), price.name('currency'));
  const unitAmount = price.requireInteger('unit_amount');
  price.ignore('tax_behavior');
  price.end();
  return newLineItem(now, { name, currency, unitAmount, quantity });
}

function readExpiry(now: number, params: Params): number {
  const expiresAt = params.integer('expires_at');
  if (expiresAt === undefined) return now + EXPIRES_IN_MAX_S;
  const seconds = expiresAt - now;
  if (seconds >= EXPIRES_IN_MIN_S - EXPIRES_SLACK_S && seconds <= EXPIRES_IN_MAX_S + EXPIRES_SLACK_S)
    return expiresAt;
  throw invalidRequest(
    'The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation.',
    {
      param: 'expires_at',
    },
  );
}

function readIntentData(data: Params | undefined): Hidden['intent'] {
  const read = {
    description: data?.text('description'),
    metadata: data?.metadata() ?? {},
    receiptEmail: data?.text('receipt_email'),
    setupFutureUsage: data?.oneOf('setup_future_usage', ['off_session', 'on_session']),
    statementDescriptor: data?.text('statement_descriptor'),
  };
  data?.end();
  return read;
}

function requireUrl(params: Params, key: string): string {
  const url = params.requireText(key, { max: URL_MAX });
  // The placeholder for the session's id is no valid part of every URL.
  if (/^https?:\/\//.test(url) && URL.canParse(url.replaceAll('{CHECKOUT_SESSION_ID}', 'id'))) return url;
  throw invalidRequest('Not a valid URL', { code: 'url_invalid', param: key });
}
