import { randomInt } from 'node:crypto';
import type Stripe from 'stripe';

/** The objects of the account, by what Stripe calls them. */
export type StripeObjects = {
  customer: Stripe.Customer | Stripe.DeletedCustomer;
  payment_method: Stripe.PaymentMethod;
  payment_intent: Stripe.PaymentIntent;
  setup_intent: Stripe.SetupIntent;
  charge: Stripe.Charge;
  refund: Stripe.Refund;
  dispute: Stripe.Dispute;
  balance_transaction: Stripe.BalanceTransaction;
  'checkout.session': Stripe.Checkout.Session;
  event: StripeEvent;
};

export type Kind = keyof StripeObjects;
export type StripeObject = StripeObjects[Kind];

/** An event as it goes over the wire; its object is whatever the event is about. */
export type StripeEvent = {
  id: string;
  object: 'event';
  api_version: string;
  created: number;
  data: { object: StripeObject; previous_attributes?: Record<string, unknown> };
  livemode: boolean;
  pending_webhooks: number;
  request: { id: string | null; idempotency_key: string | null } | null;
  type: string;
  account?: string;
};

/** What the sandbox knows of an object and Stripe would not show. */
export type Hidden = {
  /** Of a payment method: the number of its card. */
  cardNumber?: string;
  /** Of a payment method: whether its holder has authenticated it for later payments. */
  setUp?: boolean;
  /** Of a payment method: that it was detached, after which it never pays again. */
  detached?: boolean;
  /** Of an intent: the checkout session it belongs to. */
  session?: string;
  /** Of an intent: where its holder goes after authenticating. */
  returnUrl?: string;
  /** Of a checkout session: what its intent is made with. */
  intent?: {
    description?: string;
    metadata: Record<string, string>;
    setupFutureUsage?: 'off_session' | 'on_session';
    receiptEmail?: string;
    statementDescriptor?: string;
  };
  lineItems?: Stripe.LineItem[];
};

/** The version that the SDK of this release speaks; an account is pinned to one, and its events are written in it. */
export const API_VERSION = '2026-10-28.endive';
export const ACCOUNT_ID = 'acct_1SandboxLeadwire';

export const PREFIX: Record<Kind, string> = {
  customer: 'cus_',
  payment_method: 'pm_',
  payment_intent: 'pi_',
  setup_intent: 'seti_',
  charge: 'ch_',
  refund: 're_',
  dispute: 'du_',
  balance_transaction: 'txn_',
  'checkout.session': 'cs_test_',
  event: 'evt_',
};

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const ID_LENGTH = 24;

/** Letters and digits that nobody can guess. */
export function randomText(length = ID_LENGTH): string {
  return Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}

export function newStripeId(kind: Kind): string {
  return PREFIX[kind] + randomText();
}

const KINDS = Object.entries(PREFIX).sort(([, a], [, b]) => b.length - a.length) as [Kind, string][];

/** The kind that an id says it is of. */
export function kindOf(id: string): Kind | undefined {
  return KINDS.find(([, prefix]) => id.startsWith(prefix))?.[0];
}
