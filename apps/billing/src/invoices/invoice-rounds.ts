import { Inject, Injectable } from '@nestjs/common';
import { systemCtx } from '@leadwire/kernel';
import { TenantTransaction } from '@leadwire/persistence';
import { TenantRounds } from '../tenant-rounds.js';
import { Documents } from './documents.js';
import { Dunning } from './dunning.js';
import { Finalising } from './finalising.js';
import { Periods } from './periods.js';
import { DUE_FOR_INVOICES, POSTPONE_INVOICES, takeTurn, UNNOTICED_TENANTS } from './upkeep.js';

/** New tenants need not be noticed at once: their first month is long. */
const ADOPT_EVERY_MS = 60_000;
const ADOPTED_AT_ONCE = 100;
/** Turns of one tenant in one round: months to close after a long absence. */
const TURNS_MAX = 24;

/** Does what is due about invoices, tenant by tenant: closes months, finalises drafts, reminds, makes documents. */
@Injectable()
export class InvoiceRounds extends TenantRounds {
  protected readonly trouble = 'due invoices could not be made';
  protected readonly dueSql = DUE_FOR_INVOICES;
  protected readonly postponeSql = POSTPONE_INVOICES;
  private adoptedAt = 0;

  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(Periods) private readonly periods: Periods,
    @Inject(Finalising) private readonly finalising: Finalising,
    @Inject(Dunning) private readonly dunning: Dunning,
    @Inject(Documents) private readonly documents: Documents,
  ) {
    super();
  }

  override async round(): Promise<boolean> {
    if (Date.now() - this.adoptedAt >= ADOPT_EVERY_MS) await this.adopt();
    return super.round();
  }

  /** Does what is due for every tenant. @returns for how many */
  async runAll(): Promise<number> {
    await this.adopt();
    let count = 0;
    for (let due = await this.due(); due.length > 0; due = await this.due()) {
      for (const tenantId of due) await this.serve(tenantId);
      count += due.length;
    }
    return count;
  }

  /** Does what is due for one tenant. A failure leaves it alone for a minute. */
  async runOne(tenantId: string): Promise<void> {
    await this.serve(tenantId);
  }

  protected async visit(tenantId: string): Promise<boolean> {
    for (let turn = 0; turn < TURNS_MAX && !this.stopped; turn++) {
      await this.finalising.finaliseUsage(tenantId);
      const closed = await this.tenant.run(systemCtx(tenantId), (db) => this.periods.closeNext(db));
      await this.finalising.finaliseUsage(tenantId);
      const steps = await this.dunning.step(tenantId);
      const made = await this.documents.make(tenantId);
      if (!closed && steps === 0 && made === 0) break;
    }
    return false;
  }

  private async adopt(): Promise<void> {
    let found: { tenantId: string }[];
    do {
      found = await this.dataSource.query(UNNOTICED_TENANTS, [ADOPTED_AT_ONCE]);
      for (const { tenantId } of found)
        await this.tenant.run(systemCtx(tenantId), (db) => takeTurn(db, this.clock.now()));
    } while (found.length === ADOPTED_AT_ONCE);
    this.adoptedAt = Date.now();
  }
}
