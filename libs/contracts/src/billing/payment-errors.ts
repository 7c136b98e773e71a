import { defineErrors } from '@leadwire/kernel';

export const paymentErrors = defineErrors('payment', {
  switched_off: {
    kind: 'unprocessable',
    text: 'Paying by card is not set up on this installation of Leadwire.',
  },
  provider_unavailable: {
    kind: 'unavailable',
    text: 'The payment provider does not answer right now. Nothing was charged; try again in a moment.',
    log: 'warn',
  },
  provider_refused: {
    kind: 'internal',
    text: 'The payment provider did not understand us. Nothing was charged.',
  },
  key_reused: { kind: 'unprocessable', text: 'This Idempotency-Key was used before with another top-up.' },
  top_up_not_found: { kind: 'not_found', text: 'There is no such top-up.' },
  top_up_settled: { kind: 'conflict', text: 'This top-up is paid or over, and cannot be cancelled.' },
  top_up_unpaid: { kind: 'conflict', text: 'This top-up was not paid: there is nothing to send back.' },
  refund_exceeds: { kind: 'unprocessable', text: 'That is more than is left of this payment.' },
  method_not_found: { kind: 'not_found', text: 'There is no such payment method.' },
  method_missing: {
    kind: 'unprocessable',
    text: 'Save a card first: pay a top-up with savePaymentMethod, then switch this on.',
  },
  signature_invalid: { kind: 'invalid', text: 'The signature of this webhook is not valid.', log: 'warn' },
  signature_stale: {
    kind: 'invalid',
    text: 'The time of this webhook is more than five minutes from now.',
    log: 'warn',
  },
  other_mode: {
    kind: 'invalid',
    text: 'This webhook is of another mode, test or live, than this installation.',
    log: 'warn',
  },
  other_account: { kind: 'invalid', text: 'This webhook is of another account.', log: 'warn' },
  event_unreadable: {
    kind: 'invalid',
    text: 'This webhook is no event of the payment provider.',
    log: 'warn',
  },
});
