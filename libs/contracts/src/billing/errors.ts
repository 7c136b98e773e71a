import { defineErrors } from '@leadwire/kernel';

export const walletErrors = defineErrors('wallet', {
  key_reused: { kind: 'unprocessable', text: 'This Idempotency-Key was used before with another top-up.' },
  frozen: {
    kind: 'conflict',
    text: 'This wallet is frozen: nothing can be paid in or out until the reason is settled.',
    log: 'warn',
  },
  not_found: { kind: 'not_found', text: 'There is no such wallet.' },
  not_frozen: { kind: 'conflict', text: 'This wallet is not frozen.' },
  violated: { kind: 'conflict', text: 'An invariant of this wallet is still broken.' },
  full: { kind: 'unprocessable', text: 'A wallet cannot hold that much.' },
  manual_off: { kind: 'forbidden', text: 'Money is added by card or by paying an invoice here.' },
});

export const usageErrors = defineErrors('usage', {
  key_reused: { kind: 'unprocessable', text: 'This key was used before for another use.', log: 'warn' },
  not_found: { kind: 'not_found', text: 'There is no such usage.' },
  voided: { kind: 'conflict', text: 'This usage was voided or corrected before.' },
  not_reported: {
    kind: 'conflict',
    text: 'Only usage that was reported through the API can be voided or corrected here; ask your operator about the rest.',
  },
});

export const chargeErrors = defineErrors('charge', {
  not_found: { kind: 'not_found', text: 'There is no such charge.' },
});

export const priceErrors = defineErrors('price', {
  missing: { kind: 'unprocessable', text: 'There is no price for this usage.', log: 'warn' },
  ambiguous: { kind: 'internal', text: 'Two prices are valid for this usage.' },
  bad_quantity: { kind: 'unprocessable', text: 'A quantity is zero or more, with at most six decimals.' },
  bad_file: {
    kind: 'invalid',
    text: 'The file of prices cannot be taken as it is; none of it was.',
  },
  no_draft: { kind: 'not_found', text: 'There is no such draft of prices.' },
  draft_ended: { kind: 'conflict', text: 'This draft was published or discarded.' },
  draft_stale: {
    kind: 'conflict',
    text: 'The price list was changed after this draft was imported: import it again, and look at what it changes now.',
  },
  too_soon: {
    kind: 'unprocessable',
    text: 'Prices start a minute from now at the earliest: nothing that happens meanwhile may miss them.',
  },
  too_large: { kind: 'unprocessable', text: 'This usage would cost more than a wallet can hold.' },
});

export const quotaErrors = defineErrors('quota', {
  used_up: {
    kind: 'rate_limited',
    text: 'The quota of this feature has no room for it until it begins anew.',
  },
  disabled: { kind: 'forbidden', text: 'This feature is switched off for the team.' },
  too_many: { kind: 'unprocessable', text: 'No more features of this team can have an entitlement.' },
});

export const creditErrors = defineErrors('credit', {
  insufficient: { kind: 'insufficient_funds', text: 'There is not that much left in the wallet.' },
  key_reused: { kind: 'unprocessable', text: 'This key was used before with another command.' },
});

export const reservationErrors = defineErrors('reservation', {
  not_found: { kind: 'not_found', text: 'There is no such reservation.' },
  insufficient: { kind: 'insufficient_funds', text: 'There is not enough left to hold that much.' },
  allowance: {
    kind: 'insufficient_funds',
    text: 'That is more than is left of the monthly allowance of whoever starts it.',
  },
  exceeded: { kind: 'unprocessable', text: 'That is more than the reservation holds.' },
  ended: { kind: 'conflict', text: 'The reservation has ended.' },
  expired: { kind: 'conflict', text: 'The reservation has expired.' },
  in_use: { kind: 'conflict', text: 'Reservations that draw from this budget are still open.' },
  key_reused: { kind: 'unprocessable', text: 'This key was used before with another command.' },
});
