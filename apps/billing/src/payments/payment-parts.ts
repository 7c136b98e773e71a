import { AutoTopUpStandingConsumer } from './auto-top-up-standing.consumer.js';
import { AutoTopUpService } from './auto-top-up.service.js';
import { AutoTopUpWorker } from './auto-top-up-worker.js';
import { Customers } from './customers.js';
import { PaymentEvents } from './payment-events.js';
import { PaymentMethodsService } from './payment-methods.service.js';
import { PaymentOperatorsService } from './payment-operators.service.js';
import { PaymentProvider } from './payment-provider.js';
import { PaymentSync } from './payment-sync.js';
import { Reconciliation } from './reconciliation.js';
import { StripeProvider } from './stripe-provider.js';
import { TopUpsService } from './top-ups.service.js';
import { TopUpsStore } from './top-ups.store.js';
import { WebhooksService } from './webhooks.service.js';

/** What answers requests about payments, and what works for it. */
export const paymentServices = [
  TopUpsService,
  PaymentMethodsService,
  AutoTopUpService,
  AutoTopUpStandingConsumer,
  WebhooksService,
  PaymentOperatorsService,
];
export const paymentProviders = [
  { provide: PaymentProvider, useClass: StripeProvider },
  PaymentSync,
  TopUpsStore,
  PaymentEvents,
  Reconciliation,
  Customers,
  AutoTopUpWorker,
];
