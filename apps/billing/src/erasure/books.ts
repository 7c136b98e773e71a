import { Inject, Injectable } from '@nestjs/common';
import { systemCtx } from '@leadwire/kernel';
import { TenantTransaction } from '@leadwire/persistence';
import { TenantRemains } from '@leadwire/platform';
import { LastInvoice } from '../invoices/last-invoice.js';
import { customerOf } from '../payments/customers.js';
import { PaymentProvider } from '../payments/payment-provider.js';
import { closeWallets } from '../wallets/closing.js';

const BOOKS =
  'commercial and tax law demand the books for years: what was posted, when, and by what it is proven';
const FORGET_IN_INVOICES = `UPDATE billing_invoices SET metadata = '{}' WHERE tenant_id = $1 AND metadata <> '{}'`;

/**
 * Billing keeps the books of an erased tenant: postings are chained by hashes over all they say, so nothing in them can be blanked
 * without a trace. People are in them by ids only, which lead to nobody once identity has erased them.
 */
@Injectable()
export class Books extends TenantRemains {
  override readonly kept = {
    billing_wallets: BOOKS,
    billing_ledger_transactions: BOOKS,
    billing_invoices: BOOKS,
    billing_credit_notes: BOOKS,
    billing_number_series: BOOKS,
    invoice_upkeep: BOOKS,
    billing_usage_events: BOOKS,
    billing_pricing_catalog: BOOKS,
    billing_credit_lots: BOOKS,
    lot_consumptions: BOOKS,
    billing_reservations: BOOKS,
    billing_refusals: BOOKS,
    billing_accounts: BOOKS,
    wallet_upkeep: BOOKS,
    billing_top_ups: BOOKS,
    billing_payment_reversals: BOOKS,
  };

  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(LastInvoice) private readonly lastInvoice: LastInvoice,
    @Inject(PaymentProvider) private readonly payments: PaymentProvider,
  ) {
    super();
  }

  override async before(tenantId: string): Promise<void> {
    // While the wallet can still pay its tax; and again, for what was charged until it was closed.
    await this.lastInvoice.make(tenantId);
    await this.tenant.run(systemCtx(tenantId), closeWallets);
    await this.lastInvoice.make(tenantId);
    const customerId = await this.tenant.run(systemCtx(tenantId), async (db) => {
      await db.execute(FORGET_IN_INVOICES, [tenantId]);
      return customerOf(db);
    });
    // The provider knows cards, which are somebody's: it forgets them before we forget whom to ask about.
    if (customerId !== undefined && this.payments.enabled) await this.payments.deleteCustomer(customerId);
  }
}
