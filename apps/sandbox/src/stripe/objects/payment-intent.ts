import type Stripe from 'stripe';
import type { StripeChange } from '../state/stripe-change.js';
import { newStripeId, randomText } from '../state/stripe-objects.js';

export type NewPaymentIntent = {
  amount: number;
  currency: string;
  customer?: string;
  paymentMethod?: string;
  description?: string;
  metadata: Record<string, string>;
  receiptEmail?: string;
  setupFutureUsage?: 'off_session' | 'on_session';
  statementDescriptor?: string;
  methodTypes?: string[];
};

/** Makes a payment intent that nobody has tried to pay yet. */
export function addPaymentIntent(change: StripeChange, input: NewPaymentIntent): Stripe.PaymentIntent {
  const id = newStripeId('payment_intent');
  const intent: Stripe.PaymentIntent = {
    id,
    object: 'payment_intent',
    allowed_payment_method_types: null,
    amount: input.amount,
    amount_capturable: 0,
    amount_details: { tip: {} },
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: input.methodTypes ? null : { allow_redirects: 'always', enabled: true },
    canceled_at: null,
    cancellation_reason: null,
    capture_method: 'automatic_async',
    client_secret: `${id}_secret_${randomText()}`,
    confirmation_method: 'automatic',
    created: change.now,
    currency: input.currency,
    customer: input.customer ?? null,
    customer_account: null,
    description: input.description ?? null,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    managed_payments: null,
    metadata: input.metadata,
    next_action: null,
    on_behalf_of: null,
    payment_method: input.paymentMethod ?? null,
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types: input.methodTypes ?? ['card', 'us_bank_account'],
    payment_record: null,
    processing: null,
    receipt_email: input.receiptEmail ?? null,
    review: null,
    setup_future_usage: input.setupFutureUsage ?? null,
    shipping: null,
    source: null,
    statement_descriptor: input.statementDescriptor ?? null,
    statement_descriptor_suffix: null,
    status: input.paymentMethod ? 'requires_confirmation' : 'requires_payment_method',
    transfer_data: null,
    transfer_group: null,
  };
  change.add(intent);
  change.emit('payment_intent.created', intent);
  return intent;
}
