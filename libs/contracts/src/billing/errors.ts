import { defineErrors } from '@leadwire/kernel';

export const walletErrors = defineErrors('wallet', {
  key_reused: { kind: 'unprocessable', text: 'This Idempotency-Key was used before with another top-up.' },
});

export const priceErrors = defineErrors('price', {
  missing: { kind: 'internal', text: 'There is no price for this usage.' },
});
