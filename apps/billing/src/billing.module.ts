import { Module, type DynamicModule } from '@nestjs/common';
import {
  ServiceModule,
  tenantErasure,
  type ConfigOf,
  type ServiceDefinition,
  type ServiceRuntime,
} from '@leadwire/platform';
import { AllowanceSweeper } from './allowances/allowance-sweeper.js';
import { AllowancesService } from './allowances/allowances.service.js';
import { AuditWorker } from './audit/audit-worker.js';
import { SelfAudit } from './audit/self-audit.js';
import { billingConfig } from './billing.config.js';
import { OperatorChargesService } from './charges/operator-charges.service.js';
import { CreditOperatorsService } from './credits/credit-operators.service.js';
import { CreditsService } from './credits/credits.service.js';
import { ExpirySweeper } from './ledger/expiry-sweeper.js';
import { Books } from './erasure/books.js';
import { ErasureConsumer } from './erasure/erasure.consumer.js';
import { ChargesService } from './charges/charges.service.js';
import { ForecastService } from './forecast/forecast.service.js';
import { LedgerExportService } from './export/ledger-export.service.js';
import { invoiceControllers, invoiceProviders } from './invoices/invoice-parts.js';
import { LedgerService } from './ledger/ledger.service.js';
import { PostingQueue } from './ledger/posting-queue.js';
import { WalletLock } from './ledger/wallet-lock.js';
import { WalletTransaction } from './ledger/wallet-transaction.js';
import { OperatorPricesService } from './prices/operator-prices.service.js';
import { PriceList } from './prices/price-list.js';
import { paymentProviders, paymentServices } from './payments/payment-parts.js';
import { PricesService } from './prices/prices.service.js';
import { QuotaCache } from './quotas/quota-cache.js';
import { QuotaOperatorsService } from './quotas/quota-operators.service.js';
import { QuotaSweeper } from './quotas/quota-sweeper.js';
import { QuotasService } from './quotas/quotas.service.js';
import { ReservationsService } from './reservations/reservations.service.js';
import { ChargeSweeper } from './usage/charge-sweeper.js';
import { Charging } from './usage/charging.js';
import { Rater } from './usage/rater.js';
import { Rerater } from './usage/rerater.js';
import { RetrySweeper } from './usage/retry-sweeper.js';
import { Retrying } from './usage/retrying.js';
import { UsageAnalyticsService } from './usage/usage-analytics.service.js';
import { UsageConsumer } from './usage/usage.consumer.js';
import { UsageEventsService } from './usage/usage-events.service.js';
import { UsageOperatorsService } from './usage/usage-operators.service.js';
import { UsageService } from './usage/usage.service.js';
import { Voiding } from './usage/voiding.js';
import { ProvisioningConsumer } from './wallets/provisioning.consumer.js';
import { WalletOperatorsService } from './wallets/wallet-operators.service.js';
import { WalletsService } from './wallets/wallets.service.js';

type BillingRuntime = ServiceRuntime<ConfigOf<typeof billingConfig>>;

@Module({})
export class BillingModule {
  static forRoot(runtime: BillingRuntime): DynamicModule {
    return {
      module: BillingModule,
      // Money moves in set-based SQL only, so there is nothing for TypeORM to map.
      imports: [ServiceModule.forRoot(runtime, [])],
      controllers: [
        WalletsService,
        WalletOperatorsService,
        LedgerService,
        LedgerExportService,
        ChargesService,
        ForecastService,
        UsageService,
        UsageEventsService,
        UsageAnalyticsService,
        UsageOperatorsService,
        PricesService,
        OperatorPricesService,
        OperatorChargesService,
        ReservationsService,
        CreditsService,
        CreditOperatorsService,
        QuotasService,
        QuotaOperatorsService,
        AllowancesService,
        ...invoiceControllers,
        ProvisioningConsumer,
        UsageConsumer,
        ErasureConsumer,
        ...paymentServices,
      ],
      providers: [
        WalletLock,
        WalletTransaction,
        PostingQueue,
        PriceList,
        Rater,
        Voiding,
        Retrying,
        Rerater,
        RetrySweeper,
        Charging,
        ChargeSweeper,
        ExpirySweeper,
        QuotaCache,
        QuotaSweeper,
        AllowanceSweeper,
        SelfAudit,
        AuditWorker,
        ...paymentProviders,
        ...invoiceProviders(runtime.config),
        ...tenantErasure(Books),
      ],
    };
  }
}

export const billingService: ServiceDefinition<typeof billingConfig> = {
  name: 'billing',
  config: billingConfig,
  module: (runtime) => BillingModule.forRoot(runtime),
};
