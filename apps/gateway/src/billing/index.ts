import { LedgerController } from './ledger.controller.js';
import { PricesController, QuotesController } from './prices.controller.js';
import { ReservationsController } from './reservations.controller.js';
import { UsageEventsController } from './usage-events.controller.js';
import { UsageController } from './usage.controller.js';
import { WalletController } from './wallet.controller.js';

export const billingControllers = [
  WalletController,
  LedgerController,
  UsageController,
  UsageEventsController,
  PricesController,
  QuotesController,
  ReservationsController,
];
