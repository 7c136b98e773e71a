import { CHECKOUT_ROUTES } from '../operations/checkout-sessions.js';
import { CUSTOMER_ROUTES } from '../operations/customers.js';
import { DISPUTE_ROUTES } from '../operations/disputes.js';
import { PAYMENT_INTENT_ROUTES } from '../operations/payment-intents.js';
import { PAYMENT_METHOD_ROUTES } from '../operations/payment-methods.js';
import { READING_ROUTES } from '../operations/reading.js';
import { REFUND_ROUTES } from '../operations/refunds.js';
import { invalidRequest } from './stripe-error.js';
import type { Route } from './operation.js';

/** All of Stripe's API that the sandbox speaks. */
const ROUTES: readonly Route[] = [
  ...CHECKOUT_ROUTES,
  ...CUSTOMER_ROUTES,
  ...DISPUTE_ROUTES,
  ...PAYMENT_INTENT_ROUTES,
  ...PAYMENT_METHOD_ROUTES,
  ...READING_ROUTES,
  ...REFUND_ROUTES,
];

/** The route of a request and the variable parts of its path. @throws as Stripe does for a URL that it does not know */
export function findRoute(method: string, path: string): { route: Route; ids: string[] } {
  for (const route of ROUTES) {
    const [whole, ...ids] = (route.method === method && route.path.exec(path)) || [];
    if (whole !== undefined) return { route, ids };
  }
  throw invalidRequest(`Unrecognized request URL (${method}: ${path}).`, {}, 404);
}
