import { createHash } from 'node:crypto';
import type Stripe from 'stripe';
import type { TestCard } from '../cards.js';
import type { StripeChange } from '../state/stripe-change.js';
import { newStripeId } from '../state/stripe-objects.js';

const EXPIRES_IN_YEARS = 6;
const SECONDS_PER_YEAR = 365 * 86_400;

type Method = Pick<Stripe.PaymentMethod, 'type' | 'card' | 'us_bank_account' | 'sepa_debit'>;

/** The same card has the same fingerprint in every payment method. */
function fingerprintOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url').replace(/[-_]/g, 'x').slice(0, 16);
}

function newMethod(
  change: StripeChange,
  method: Method,
  metadata: Record<string, string>,
): Stripe.PaymentMethod {
  return {
    id: newStripeId('payment_method'),
    object: 'payment_method',
    allow_redisplay: 'unspecified',
    billing_details: { address: null, email: null, name: null, phone: null, tax_id: null },
    created: change.now,
    customer: null,
    customer_account: null,
    livemode: false,
    metadata,
    ...method,
  };
}

/** Makes a payment method of a test card. */
export function addCard(
  change: StripeChange,
  card: TestCard,
  metadata: Record<string, string> = {},
): Stripe.PaymentMethod {
  const year = new Date(change.now * 1000 + EXPIRES_IN_YEARS * SECONDS_PER_YEAR * 1000).getUTCFullYear();
  const details: Stripe.PaymentMethod.Card = {
    brand: card.brand,
    checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
    country: 'US',
    display_brand: card.brand,
    exp_month: 12,
    exp_year: year,
    fingerprint: fingerprintOf(card.number),
    funding: 'credit',
    generated_from: null,
    last4: card.number.slice(-4),
    networks: { available: [card.brand], preferred: null },
    regulated_status: 'unregulated',
    three_d_secure_usage: { supported: card.authentication !== 'none' },
    wallet: null,
  };
  const method = newMethod(change, { type: 'card', card: details }, metadata);
  return change.add(method, { cardNumber: card.number });
}

/** Makes a payment method of a bank account, whose payments settle days later: SEPA for euros, else one of the US. */
export function addBankAccount(change: StripeChange, currency: string): Stripe.PaymentMethod {
  const sepa: Stripe.PaymentMethod.SepaDebit = {
    bank_code: '37040044',
    branch_code: '',
    country: 'DE',
    fingerprint: fingerprintOf('sepa'),
    generated_from: null,
    last4: '3000',
  };
  const us: Stripe.PaymentMethod.UsBankAccount = {
    account_holder_type: 'company',
    account_type: 'checking',
    bank_name: 'STRIPE TEST BANK',
    financial_connections_account: null,
    fingerprint: fingerprintOf('us'),
    last4: '6789',
    networks: null,
    routing_number: '110000000',
    status_details: null,
  };
  const method: Method =
    currency === 'eur'
      ? { type: 'sepa_debit', sepa_debit: sepa }
      : { type: 'us_bank_account', us_bank_account: us };
  return change.add(newMethod(change, method, {}));
}

/** Gives a payment method to a customer, who may then be charged without being there. */
export function attach(change: StripeChange, method: Stripe.PaymentMethod, customer: string): void {
  if (method.customer === customer) return;
  method.customer = customer;
  change.emit('payment_method.attached', method);
}
