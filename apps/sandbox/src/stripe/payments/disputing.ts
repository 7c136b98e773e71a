import type Stripe from 'stripe';
import { addBalanceTransaction, DISPUTE_FEE } from '../objects/balance-transaction.js';
import type { StripeChange } from '../state/stripe-change.js';
import { newStripeId } from '../state/stripe-objects.js';
import { invalidRequest } from '../wire/stripe-error.js';

export const DISPUTE_REASONS = [
  'fraudulent',
  'duplicate',
  'product_not_received',
  'product_unacceptable',
  'subscription_canceled',
  'unrecognized',
  'credit_not_processed',
  'general',
] as const;
export type DisputeReason = (typeof DISPUTE_REASONS)[number];

const EVIDENCE_DUE_IN_S = 9 * 86_400;
const OPEN: readonly Stripe.Dispute.Status[] = ['needs_response', 'under_review'];

/** A card holder disputes a charge: the money and a fee are taken at once. @throws when it is disputed or not paid */
export function openDispute(
  change: StripeChange,
  charge: Stripe.Charge,
  reason: DisputeReason,
): Stripe.Dispute {
  if (charge.disputed)
    throw invalidRequest(`Charge ${charge.id} is disputed already.`, { code: 'charge_disputed' });
  if (!charge.paid) throw invalidRequest(`Charge ${charge.id} was never paid.`);
  const amount = charge.amount - charge.amount_refunded;
  if (amount === 0)
    throw invalidRequest(`Charge ${charge.id} was refunded.`, { code: 'charge_already_refunded' });
  const dispute = change.add(newDispute(change, charge, amount, reason));
  charge.disputed = true;
  change.emit('charge.dispute.created', dispute);
  move(change, dispute, -amount, DISPUTE_FEE, 'dispute');
  change.emit('charge.dispute.funds_withdrawn', dispute);
  return dispute;
}

/** The bank's decision: what was won comes back. @throws when it is closed */
export function closeDispute(change: StripeChange, dispute: Stripe.Dispute, status: 'won' | 'lost'): void {
  if (!OPEN.includes(dispute.status)) throw invalidRequest('This dispute is already closed');
  dispute.status = status;
  dispute.evidence_details.has_evidence ||= status === 'won';
  change.emit('charge.dispute.closed', dispute);
  if (status === 'lost') return;
  move(change, dispute, dispute.amount, 0, 'dispute_reversal');
  change.emit('charge.dispute.funds_reinstated', dispute);
}

function move(
  change: StripeChange,
  dispute: Stripe.Dispute,
  amount: number,
  fee: number,
  category: 'dispute' | 'dispute_reversal',
): void {
  const { currency, id } = dispute;
  const moved = addBalanceTransaction(change, {
    amount,
    fee,
    currency,
    source: id,
    type: 'adjustment',
    category,
  });
  dispute.balance_transactions.push(moved);
}

function newDispute(
  change: StripeChange,
  charge: Stripe.Charge,
  amount: number,
  reason: DisputeReason,
): Stripe.Dispute {
  return {
    id: newStripeId('dispute'),
    object: 'dispute',
    amount,
    balance_transactions: [],
    charge: charge.id,
    created: change.now,
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence: noEvidence(),
    evidence_details: {
      due_by: change.now + EVIDENCE_DUE_IN_S,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: 'not_submitted',
    },
    intended_submission_method: null,
    is_charge_refundable: false,
    livemode: false,
    metadata: {},
    payment_intent: charge.payment_intent,
    reason,
    status: 'needs_response',
  };
}

function noEvidence(): Stripe.Dispute.Evidence {
  return {
    access_activity_log: null,
    billing_address: null,
    cancellation_policy: null,
    cancellation_policy_disclosure: null,
    cancellation_rebuttal: null,
    customer_communication: null,
    customer_email_address: null,
    customer_name: null,
    customer_purchase_ip: null,
    customer_signature: null,
    duplicate_charge_documentation: null,
    duplicate_charge_explanation: null,
    duplicate_charge_id: null,
    enhanced_evidence: {},
    product_description: null,
    receipt: null,
    refund_policy: null,
    refund_policy_disclosure: null,
    refund_refusal_explanation: null,
    service_date: null,
    service_documentation: null,
    shipping_address: null,
    shipping_carrier: null,
    shipping_date: null,
    shipping_documentation: null,
    shipping_tracking_number: null,
    uncategorized_file: null,
    uncategorized_text: null,
  };
}
