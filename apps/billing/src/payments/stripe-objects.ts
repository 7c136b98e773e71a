import { amount, isUuid } from '@leadwire/kernel';
import type Stripe from 'stripe';
import type {
  Checkout,
  Payment,
  PaymentOwner,
  ProviderEvent,
  ProviderReversal,
  SavedMethod,
} from './payment-provider.js';
import { fromStripeAmount } from './stripe-amounts.js';

/** What our objects at Stripe carry; others on the same account carry something else, or nothing. */
export const metadataOf = ({ tenantId, topUpId }: PaymentOwner) => ({
  leadwire_tenant: tenantId,
  leadwire_top_up: topUpId,
});

/** Whose top-up an object of Stripe belongs to; null when it is none of ours. */
export function ownerOf(metadata: Stripe.Metadata | null): PaymentOwner | null {
  const tenantId = metadata?.['leadwire_tenant'];
  const topUpId = metadata?.['leadwire_top_up'];
  return tenantId && topUpId && isUuid(tenantId) && isUuid(topUpId) ? { tenantId, topUpId } : null;
}

/** A page of Stripe's on which a top-up is paid. */
export function toCheckout(session: Stripe.Checkout.Session): Checkout {
  return {
    id: session.id,
    owner: ownerOf(session.metadata),
    state: session.status === 'open' ? 'open' : session.status === 'expired' ? 'expired' : 'complete',
    url: session.url,
    expiresAt: new Date(session.expires_at * 1000),
    paymentId: idOf(session.payment_intent),
  };
}

/** A payment with all that was taken back of it, refunds and disputes alike. */
export function toPayment(intent: Stripe.PaymentIntent, reversals: ProviderReversal[]): Payment {
  const currency = intent.currency.toUpperCase();
  const kept = intent.setup_future_usage === 'off_session' && intent.status === 'succeeded';
  const failure = intent.last_payment_error;
  return {
    id: intent.id,
    owner: ownerOf(intent.metadata),
    state: stateOf(intent.status),
    amount: fromStripeAmount(intent.amount, currency),
    received:
      intent.status === 'succeeded' ? fromStripeAmount(intent.amount_received, currency) : amount('0'),
    currency,
    customerId: idOf(intent.customer),
    savedMethodId: kept ? idOf(intent.payment_method) : null,
    failureCode: failure ? (failure.decline_code ?? failure.code ?? failure.type) : null,
    reversals,
  };
}

function stateOf(status: string): Payment['state'] {
  if (status === 'succeeded' || status === 'processing' || status === 'canceled') return status;
  return 'unpaid';
}

/** A refund takes money out as soon as it is made; when it fails, the money is back. */
export function refundReversal({ id, status, amount: units, currency }: Stripe.Refund): ProviderReversal {
  const undone = status === 'failed' || status === 'canceled';
  return { id, kind: 'refund', amount: fromStripeAmount(units, currency.toUpperCase()), undone };
}

// Inquiries (warning_…) and disputes that were prevented take nothing.
const WITHDRAWN = new Set([
  'needs_response',
  'under_review',
  'lost',
  'appeal_needs_response',
  'appeal_under_review',
]);

/** A dispute takes the money at once and gives it back when it is won; undefined while it takes none. */
export function disputeReversal(dispute: Stripe.Dispute): ProviderReversal | undefined {
  const undone = dispute.status === 'won';
  if (!undone && !WITHDRAWN.has(dispute.status)) return undefined;
  const value = fromStripeAmount(dispute.amount, dispute.currency.toUpperCase());
  return { id: dispute.id, kind: 'dispute', amount: value, undone };
}

/** A saved card, as much of it as Stripe tells. */
export function toMethod({ id, type, card }: Stripe.PaymentMethod): SavedMethod {
  return {
    id,
    kind: type,
    brand: card?.brand ?? null,
    last4: card?.last4 ?? null,
    expiresMonth: card?.exp_month ?? null,
    expiresYear: card?.exp_year ?? null,
  };
}

/** Every kind of event that may change a top-up. */
export const EVENT_TYPES = [
  'checkout.session.completed',
  'checkout.session.async_payment_succeeded',
  'checkout.session.async_payment_failed',
  'checkout.session.expired',
  'payment_intent.succeeded',
  'payment_intent.payment_failed',
  'payment_intent.processing',
  'payment_intent.requires_action',
  'payment_intent.canceled',
  'charge.refunded',
  'refund.created',
  'refund.updated',
  'refund.failed',
  'charge.dispute.created',
  'charge.dispute.funds_withdrawn',
  'charge.dispute.funds_reinstated',
  'charge.dispute.updated',
  'charge.dispute.closed',
] as const;
const KNOWN: ReadonlySet<string> = new Set(EVENT_TYPES);

/** What an event is about; others of its kind, and of kinds that mean nothing to us, have no subject. */
export function toEvent({ id, type, created, data }: Stripe.Event): ProviderEvent {
  const about = data.object as unknown as { id?: unknown; payment_intent?: unknown };
  const payment = type.startsWith('payment_intent.') ? about.id : about.payment_intent;
  const subject = type.startsWith('checkout.')
    ? { kind: 'checkout' as const, id: about.id }
    : { kind: 'payment' as const, id: idOf(payment as string | { id: string } | null) };
  const known = KNOWN.has(type) && typeof subject.id === 'string';
  return {
    id,
    type,
    occurredAt: new Date(created * 1000),
    subject: known ? (subject as ProviderEvent['subject']) : null,
  };
}

function idOf(reference: string | { id: string } | null | undefined): string | null {
  if (typeof reference === 'string') return reference;
  return reference?.id ?? null;
}
