import type Stripe from 'stripe';
import { randomText } from '../state/stripe-objects.js';

export type NewLineItem = {
  name: string;
  currency: string;
  unitAmount: number;
  quantity: number;
};

/** A line of a checkout session, whose price and product were made for it alone. */
export function newLineItem(now: number, item: NewLineItem): Stripe.LineItem {
  const amount = item.unitAmount * item.quantity;
  const price = {
    id: `price_${randomText()}`,
    object: 'price',
    active: false,
    billing_scheme: 'per_unit',
    created: now,
    currency: item.currency,
    custom_unit_amount: null,
    livemode: false,
    lookup_key: null,
    metadata: {},
    nickname: null,
    product: `prod_${randomText()}`,
    recurring: null,
    tax_behavior: 'unspecified',
    tiers_mode: null,
    transform_quantity: null,
    type: 'one_time',
    unit_amount: item.unitAmount,
    // Text on the wire; the SDK makes a decimal of it.
    unit_amount_decimal: String(item.unitAmount),
  } as unknown as Stripe.Price;
  return {
    id: `li_${randomText()}`,
    object: 'item',
    adjustable_quantity: null,
    amount_discount: 0,
    amount_subtotal: amount,
    amount_tax: 0,
    amount_total: amount,
    currency: item.currency,
    description: item.name,
    metadata: {},
    price,
    quantity: item.quantity,
  };
}
