import type Stripe from 'stripe';
import type { StripeState } from '../state/stripe-state.js';

/** A payment as people want to see it. Amounts are in the currency's minor unit. */
export type PaymentView = {
  id: string;
  createdAt: string;
  amount: number;
  currency: string;
  status: string;
  description: string | null;
  customer: string | null;
  session: string | null;
  refunded: number;
  disputed: boolean;
  error: string | null;
};

export function toPayment(state: StripeState, intent: Stripe.PaymentIntent): PaymentView {
  const charge = state.get('charge', String(intent.latest_charge));
  return {
    id: intent.id,
    createdAt: new Date(intent.created * 1000).toISOString(),
    amount: intent.amount,
    currency: intent.currency,
    status: intent.status,
    description: intent.description,
    customer: intent.customer as string | null,
    session: state.entry('payment_intent', intent.id)?.hidden.session ?? null,
    refunded: charge?.amount_refunded ?? 0,
    disputed: charge?.disputed ?? false,
    error: intent.last_payment_error?.message ?? null,
  };
}
