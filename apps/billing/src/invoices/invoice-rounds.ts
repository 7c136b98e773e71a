import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { Clock, systemCtx } from '@leadwire/kernel';
import { TenantTransaction } from '@leadwire/persistence';
import { LOGGER, type Logger } from '@leadwire/platform';
import type { DataSource } from 'typeorm';
import { Rounds } from '../rounds.js';
import { monthOf } from './calendar.js';
import { Documents } from './documents.js';
import { Dunning } from './dunning.js';
import { Finalising } from './finalising.js';
import { Periods } from './periods.js';
import { ADOPT_TENANTS, DUE_FOR_INVOICES, POSTPONE_INVOICES } from './upkeep.js';

const LOOK_EVERY_MS = 1_000;
const TENANTS_PER_ROUND = 50;
/** How long a tenant is left alone whose invoices could not be made. */
const POSTPONE_MS = 60_000;
/** New tenants need not be noticed at once: their first month is long. */
const ADOPT_EVERY_MS = 60_000;
/** Turns of one tenant in one round: months to close after a long absence. */
const TURNS_MAX = 24;

/**
 * Does what is due about invoices, tenant by tenant: closes months, finalises drafts, reminds, makes documents. Any number of replicas
 * may look: each step takes the tenant's turn in its transaction, and who comes second finds it done.
 */
@Injectable()
export class InvoiceRounds implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private adoptedAt = 0;
  private readonly rounds = new Rounds(
    LOOK_EVERY_MS,
    () => this.round(),
    (err) => this.logger.warn({ err }, 'due invoices could not be looked for; the next round tries again'),
  );

  constructor(
    @Inject(getDataSourceToken()) private readonly dataSource: DataSource,
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(Periods) private readonly periods: Periods,
    @Inject(Finalising) private readonly finalising: Finalising,
    @Inject(Dunning) private readonly dunning: Dunning,
    @Inject(Documents) private readonly documents: Documents,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.rounds.stop();
  }

  /** Looks now: something has just become due. */
  wake(): void {
    this.rounds.wake();
  }

  /** Does what is due for every tenant. @returns for how many */
  async runAll(): Promise<number> {
    await this.adopt();
    let count = 0;
    for (let due = await this.due(); due.length > 0; due = await this.due()) {
      for (const tenantId of due) await this.runOne(tenantId);
      count += due.length;
    }
    return count;
  }

  /** Does what is due for one tenant. A failure leaves it alone for a minute; the others go on. */
  async runOne(tenantId: string): Promise<void> {
    try {
      await this.work(tenantId);
    } catch (err) {
      this.logger.error({ err, tenantId }, 'invoices of a tenant could not be made');
      await this.postpone(tenantId);
    }
  }

  private async work(tenantId: string): Promise<void> {
    for (let turn = 0; turn < TURNS_MAX && !this.rounds.stopped; turn++) {
      await this.finalising.finaliseUsage(tenantId);
      const closed = await this.tenant.run(systemCtx(tenantId), (db) => this.periods.closeNext(db));
      await this.finalising.finaliseUsage(tenantId);
      const steps = await this.dunning.step(tenantId);
      const made = await this.documents.make(tenantId);
      if (!closed && steps === 0 && made === 0) return;
    }
  }

  private async round(): Promise<boolean> {
    if (Date.now() - this.adoptedAt >= ADOPT_EVERY_MS) await this.adopt();
    const due = await this.due();
    for (const tenantId of due) if (!this.rounds.stopped) await this.runOne(tenantId);
    return due.length === TENANTS_PER_ROUND;
  }

  private async adopt(): Promise<void> {
    await this.dataSource.query(ADOPT_TENANTS, [monthOf(this.clock.now())]);
    this.adoptedAt = Date.now();
  }

  private async due(): Promise<string[]> {
    const params = [this.clock.now(), TENANTS_PER_ROUND];
    const rows = await this.dataSource.query<{ tenantId: string }[]>(DUE_FOR_INVOICES, params);
    return rows.map(({ tenantId }) => tenantId);
  }

  private async postpone(tenantId: string): Promise<void> {
    const until = new Date(this.clock.now().getTime() + POSTPONE_MS);
    await this.dataSource.query(POSTPONE_INVOICES, [tenantId, until]);
  }
}
