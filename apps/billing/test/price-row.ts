import type { PriceRow } from '../src/usage/rating.js';

/** A price of mails in dollars, flat and for ever unless told otherwise. */
export const priceRow = (id: string, over: Partial<PriceRow> = {}): PriceRow => ({
  id,
  own: false,
  category: 'email',
  provider: 'smtp',
  model: null,
  unit: 'message',
  currency: 'USD',
  scheme: 'flat',
  unitPrice: '0.0010000000',
  packageSize: null,
  tiers: [],
  includedQuantity: '0.000000',
  minimumCharge: null,
  effectiveFrom: new Date('2020-01-01T00:00:00Z'),
  effectiveTo: null,
  ...over,
});
