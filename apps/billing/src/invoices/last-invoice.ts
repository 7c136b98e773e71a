import { Inject, Injectable } from '@nestjs/common';
import { systemCtx } from '@leadwire/kernel';
import { TenantTransaction } from '@leadwire/persistence';
import { Finalising } from './finalising.js';
import { Periods } from './periods.js';

/**
 * Invoices whatever was charged to a team and is on no invoice yet, before its data is erased: name and address are still known then.
 * What is on an invoice is on no other, so it can be done again whenever somebody died in between. Its document says what the invoice
 * says, and so is made by the rounds: no data waits for it.
 */
@Injectable()
export class LastInvoice {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(Periods) private readonly periods: Periods,
    @Inject(Finalising) private readonly finalising: Finalising,
  ) {}

  async make(tenantId: string): Promise<void> {
    // One that was begun before comes first: the last goes on where it ends.
    await this.finalising.finaliseUsage(tenantId);
    await this.tenant.run(systemCtx(tenantId), (db) => this.periods.closeLast(db));
    await this.finalising.finaliseUsage(tenantId);
  }
}
