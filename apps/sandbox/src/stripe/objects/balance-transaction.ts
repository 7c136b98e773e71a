import type Stripe from 'stripe';
import type { StripeChange } from '../state/stripe-change.js';
import { newStripeId } from '../state/stripe-objects.js';

/** Stripe's usual price for a card: 2.9 % and 30 minor units. */
const FEE_PER_MILLE = 29;
const FEE_FIXED = 30;
export const DISPUTE_FEE = 1500;
/** Money can be paid out two days later. */
const AVAILABLE_AFTER_S = 2 * 86_400;

export function chargeFee(amount: number): number {
  return Math.round((amount * FEE_PER_MILLE) / 1000) + FEE_FIXED;
}

type Movement = {
  amount: number;
  fee: number;
  currency: string;
  source: string;
  type: 'charge' | 'refund' | 'refund_failure' | 'adjustment';
  category: 'charge' | 'refund' | 'refund_failure' | 'dispute' | 'dispute_reversal';
  description?: string | null;
};

/** Moves money on Stripe's balance of the account. */
export function addBalanceTransaction(change: StripeChange, move: Movement): Stripe.BalanceTransaction {
  const fee: Stripe.BalanceTransaction.FeeDetail = {
    amount: move.fee,
    application: null,
    currency: move.currency,
    description: move.category === 'dispute' ? 'Dispute fee' : 'Stripe processing fees',
    type: 'stripe_fee',
  };
  return change.add<Stripe.BalanceTransaction>({
    id: newStripeId('balance_transaction'),
    object: 'balance_transaction',
    amount: move.amount,
    available_on: change.now + AVAILABLE_AFTER_S,
    balance_type: 'payments',
    created: change.now,
    currency: move.currency,
    description: move.description ?? null,
    exchange_rate: null,
    fee: move.fee,
    fee_details: move.fee === 0 ? [] : [fee],
    net: move.amount - move.fee,
    reporting_category: move.category,
    source: move.source,
    status: 'pending',
    type: move.type,
  });
}
