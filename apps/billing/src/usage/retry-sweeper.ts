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
import { WalletLock } from '../ledger/wallet-lock.js';
import { Rounds } from '../rounds.js';
import { DUE_RETRIES, POSTPONE_RETRY } from './retry.queries.js';
import { Retrying } from './retrying.js';

const SWEEP_EVERY_MS = 1_000;
const TENANTS_PER_ROUND = 50;
/** How long a tenant is left alone whose usage could not be tried, e.g. because its wallet is frozen. */
const POSTPONE_MS = 5 * 60_000;

/**
 * Rates failed usage again when its time has come, one batch of each tenant in turn. Replicas may sweep at once: the wallet's lock
 * makes them take turns, and who comes second finds nothing due.
 */
@Injectable()
export class RetrySweeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly rounds = new Rounds(
    SWEEP_EVERY_MS,
    () => this.round(),
    (err) => this.logger.warn({ err }, 'failed usage could not be looked for; the next round tries again'),
  );

  constructor(
    @Inject(getDataSourceToken()) private readonly dataSource: DataSource,
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(WalletLock) private readonly wallets: WalletLock,
    @Inject(Retrying) private readonly retrying: Retrying,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.rounds.stop();
  }

  /** Looks now, or once more after the round under way. */
  wake(): void {
    this.rounds.wake();
  }

  private async round(): Promise<boolean> {
    const due = await this.dataSource.query<{ tenantId: string }[]>(DUE_RETRIES, [
      this.clock.now(),
      TENANTS_PER_ROUND,
    ]);
    for (const { tenantId } of due) if (!this.rounds.stopped) await this.retry(tenantId);
    return due.length > 0;
  }

  private async retry(tenantId: string): Promise<void> {
    try {
      await this.tenant.run(systemCtx(tenantId), async (db) => {
        const wallet = await this.wallets.take(db);
        await this.retrying.retry(db, wallet);
        await wallet.save();
      });
    } catch (err) {
      this.logger.warn({ err, tenantId }, 'failed usage of a tenant could not be rated again');
      const until = new Date(this.clock.now().getTime() + POSTPONE_MS);
      await this.dataSource.query(POSTPONE_RETRY, [tenantId, until]);
    }
  }
}
