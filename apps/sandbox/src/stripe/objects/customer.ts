import type Stripe from 'stripe';
import type { StripeChange } from '../state/stripe-change.js';
import { newStripeId } from '../state/stripe-objects.js';
import { noSuch } from '../wire/stripe-error.js';

/** A customer that was not deleted. @throws resource_missing */
export function requireCustomer(change: StripeChange, id: string, param = 'customer'): Stripe.Customer {
  const customer = change.require('customer', id, param);
  if (customer.deleted) throw noSuch('customer', id, param);
  return customer;
}

export function addCustomer(
  change: StripeChange,
  input: Partial<Pick<Stripe.Customer, 'email' | 'name' | 'metadata'>>,
): Stripe.Customer {
  const customer: Stripe.Customer = {
    id: newStripeId('customer'),
    object: 'customer',
    address: null,
    balance: 0,
    created: change.now,
    currency: null,
    customer_account: null,
    default_source: null,
    delinquent: false,
    description: null,
    discount: null,
    email: input.email ?? null,
    invoice_prefix: null,
    invoice_settings: {
      custom_fields: null,
      default_payment_method: null,
      footer: null,
      rendering_options: null,
    },
    livemode: false,
    metadata: input.metadata ?? {},
    name: input.name ?? null,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: 'none',
    test_clock: null,
  };
  return change.add(customer);
}
