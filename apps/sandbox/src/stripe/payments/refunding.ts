import type Stripe from 'stripe';
import { addBalanceTransaction } from '../objects/balance-transaction.js';
import type { StripeChange } from '../state/stripe-change.js';
import { newStripeId } from '../state/stripe-objects.js';
import { invalidRequest } from '../wire/stripe-error.js';

export type NewRefund = { amount?: number; reason?: Stripe.Refund.Reason; metadata: Record<string, string> };

/** Gives a charge back, in part or whole. @throws charge_already_refunded, charge_disputed, or that it is too much */
export function addRefund(change: StripeChange, charge: Stripe.Charge, input: NewRefund): Stripe.Refund {
  const left = charge.amount - charge.amount_refunded;
  const amount = input.amount ?? left;
  if (!charge.paid) throw invalidRequest(`Charge ${charge.id} was never paid.`);
  if (charge.disputed) {
    throw invalidRequest(`Charge ${charge.id} has been charged back; cannot issue a refund.`, {
      code: 'charge_disputed',
    });
  }
  if (left === 0) {
    throw invalidRequest(`Charge ${charge.id} has already been refunded.`, {
      code: 'charge_already_refunded',
    });
  }
  if (amount > left) {
    throw invalidRequest(`Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`, {
      param: 'amount',
    });
  }
  const refund = change.add(newRefund(change, charge, amount, input));
  refund.balance_transaction = move(change, refund, -amount, 'refund');
  charge.amount_refunded += amount;
  charge.refunded = charge.amount_refunded === charge.amount;
  change.emit('refund.created', refund);
  change.emit('charge.refunded', charge, { amount_refunded: charge.amount_refunded - amount });
  return refund;
}

/** The card holder's bank sends a refund back: the money is on the account again. @throws when it had not succeeded */
export function failRefund(change: StripeChange, refund: Stripe.Refund): void {
  if (refund.status !== 'succeeded')
    throw invalidRequest(`This refund has a status of ${refund.status ?? 'null'}.`);
  const charge = change.require('charge', refund.charge as string);
  refund.status = 'failed';
  refund.failure_reason = 'lost_or_stolen_card';
  refund.failure_balance_transaction = move(change, refund, refund.amount, 'refund_failure');
  charge.amount_refunded -= refund.amount;
  charge.refunded = false;
  change.emit('refund.updated', refund, { status: 'succeeded' });
  change.emit('refund.failed', refund);
}

function move(
  change: StripeChange,
  { currency, id }: Stripe.Refund,
  amount: number,
  type: 'refund' | 'refund_failure',
): string {
  return addBalanceTransaction(change, { amount, fee: 0, currency, source: id, type, category: type }).id;
}

function newRefund(
  change: StripeChange,
  charge: Stripe.Charge,
  amount: number,
  { reason, metadata }: NewRefund,
): Stripe.Refund {
  return {
    id: newStripeId('refund'),
    object: 'refund',
    amount,
    balance_transaction: null,
    charge: charge.id,
    created: change.now,
    currency: charge.currency,
    customer: charge.customer,
    customer_account: null,
    destination_details: { type: 'card' },
    metadata,
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    reason: reason ?? null,
    receipt_number: null,
    source_transfer_reversal: null,
    status: 'succeeded',
    transfer_reversal: null,
  };
}
