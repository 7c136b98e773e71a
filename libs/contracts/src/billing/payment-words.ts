export const TOP_UP_ORIGINS = ['checkout', 'automatic'] as const;
/** Paid on the provider's page by somebody, or charged to a saved card when the balance ran low. */
export type TopUpOrigin = (typeof TOP_UP_ORIGINS)[number];

export const TOP_UP_STATUSES = [
  'created',
  'pending',
  'succeeded',
  'failed',
  'expired',
  'canceled',
  'refunded',
  'disputed',
] as const;
export type TopUpStatus = (typeof TOP_UP_STATUSES)[number];
