import type Stripe from 'stripe';
import type { StripeChange } from '../state/stripe-change.js';
import { newStripeId, type Hidden } from '../state/stripe-objects.js';

export type NewSession = {
  mode: 'payment' | 'setup';
  successUrl: string;
  cancelUrl?: string;
  clientReferenceId?: string;
  customer?: string;
  customerCreation: 'always' | 'if_required';
  customerEmail?: string;
  currency: string | null;
  amount: number | null;
  expiresAt: number;
  metadata: Record<string, string>;
  methodTypes?: string[];
  baseUrl: string;
};

/** Makes an open checkout session with its page. Its intent is made when somebody pays. */
export function addSession(change: StripeChange, input: NewSession, hidden: Hidden): Stripe.Checkout.Session {
  const id = newStripeId('checkout.session');
  const isPayment = input.mode === 'payment';
  const session: Stripe.Checkout.Session = {
    id,
    object: 'checkout.session',
    adaptive_pricing: isPayment ? { enabled: false } : null,
    after_expiration: null,
    allow_promotion_codes: null,
    allowed_payment_method_types: null,
    amount_subtotal: input.amount,
    amount_total: input.amount,
    automatic_tax: { enabled: false, liability: null, provider: null, status: null },
    billing_address_collection: null,
    cancel_url: input.cancelUrl ?? null,
    client_reference_id: input.clientReferenceId ?? null,
    client_secret: null,
    collected_information: null,
    consent: null,
    consent_collection: null,
    created: change.now,
    currency: input.currency,
    currency_conversion: null,
    custom_fields: [],
    custom_text: {
      after_submit: null,
      shipping_address: null,
      submit: null,
      terms_of_service_acceptance: null,
    },
    customer: input.customer ?? null,
    customer_account: null,
    customer_creation: input.customer === undefined ? input.customerCreation : null,
    customer_details: null,
    customer_email: input.customerEmail ?? null,
    discounts: [],
    expires_at: input.expiresAt,
    integration_identifier: null,
    invoice: null,
    invoice_creation: null,
    livemode: false,
    locale: null,
    managed_payments: null,
    metadata: input.metadata,
    mode: input.mode,
    origin_context: null,
    payment_intent: null,
    payment_link: null,
    payment_method_collection: 'if_required',
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types:
      input.methodTypes ?? (isPayment ? ['card', 'us_bank_account', 'sepa_debit'] : ['card']),
    payment_status: isPayment ? 'unpaid' : 'no_payment_required',
    permissions: null,
    phone_number_collection: { enabled: false },
    recovered_from: null,
    saved_payment_method_options: null,
    setup_intent: null,
    shipping_address_collection: null,
    shipping_cost: null,
    shipping_options: [],
    status: 'open',
    submit_type: null,
    subscription: null,
    success_url: input.successUrl,
    total_details: isPayment ? { amount_discount: 0, amount_shipping: 0, amount_tax: 0 } : null,
    ui_mode: 'hosted_page',
    url: `${input.baseUrl}/c/pay/${id}`,
    wallet_options: null,
  };
  return change.add(session, hidden);
}
