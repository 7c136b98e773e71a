import { AutoTopUpController } from './auto-top-up.controller.js';
import { ChargesController } from './charges.controller.js';
import { LedgerExportController } from './ledger-export.controller.js';
import { BillingDetailsController } from './details.controller.js';
import { InvoicesController } from './invoices.controller.js';
import { LedgerController } from './ledger.controller.js';
import { PricesController, QuotesController } from './prices.controller.js';
import { PaymentMethodsController } from './payment-methods.controller.js';
import { AllowancesController } from './allowances.controller.js';
import { CreditsController } from './credits.controller.js';
import { QuotasController } from './quotas.controller.js';
import { ReservationsController } from './reservations.controller.js';
import { UsageEventsController } from './usage-events.controller.js';
import { TopUpsController } from './top-ups.controller.js';
import { UsageController } from './usage.controller.js';
import { WalletController } from './wallet.controller.js';
import { WebhooksController } from './webhooks.controller.js';

export const billingControllers = [
  BillingDetailsController,
  InvoicesController,
  WalletController,
  LedgerController,
  LedgerExportController,
  ChargesController,
  UsageController,
  UsageEventsController,
  PricesController,
  QuotesController,
  ReservationsController,
  TopUpsController,
  PaymentMethodsController,
  AutoTopUpController,
  WebhooksController,
  CreditsController,
  QuotasController,
  AllowancesController,
];
