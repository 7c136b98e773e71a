import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { systemCtx } from '@leadwire/kernel';
import { TenantTransaction } from '@leadwire/persistence';
import { LOGGER, type Logger } from '@leadwire/platform';
import type { DataSource } from 'typeorm';
import { WalletLock } from '../ledger/wallet-lock.js';
import { Rounds } from '../rounds.js';
import { Charging } from './charging.js';
import { DUE_TENANTS, POSTPONE_CHARGING } from './charging.queries.js';

const SWEEP_EVERY_MS = 1_000;
const TENANTS_PER_ROUND = 50;
const POSTPONE_S = 30;

/**
 * Goes on charging waiting usage after a top-up, one batch of each tenant in turn, each in a transaction of its own. Replicas may
 * sweep at once: the wallet's lock makes them take turns, and each batch is read under it.
 */
@Injectable()
export class ChargeSweeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly rounds = new Rounds(
    SWEEP_EVERY_MS,
    () => this.round(),
    (err) => this.logger.warn({ err }, 'waiting usage could not be swept; the next sweep tries again'),
  );

  constructor(
    @Inject(getDataSourceToken()) private readonly dataSource: DataSource,
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(WalletLock) private readonly wallets: WalletLock,
    @Inject(Charging) private readonly charging: Charging,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  /** Lets the batch under way finish; the queue keeps the rest for the next one. */
  beforeApplicationShutdown(): Promise<void> {
    return this.rounds.stop();
  }

  /** Sweeps now, or once more after the sweep under way. */
  wake(): void {
    this.rounds.wake();
  }

  private async round(): Promise<boolean> {
    const due = await this.dataSource.query<{ tenantId: string }[]>(DUE_TENANTS, [TENANTS_PER_ROUND]);
    for (const { tenantId } of due) if (!this.rounds.stopped) await this.chargeOne(tenantId);
    // What is left of them, and of others, is the next round's.
    return due.length > 0;
  }

  private async chargeOne(tenantId: string): Promise<void> {
    const ctx = systemCtx(tenantId);
    try {
      await this.tenant.run(ctx, async (db) => {
        const wallet = await this.wallets.take(db);
        await this.charging.chargePending(db, wallet);
        await wallet.save();
      });
    } catch (err) {
      this.logger.error({ err, tenantId }, 'waiting usage of a tenant could not be charged');
      await this.dataSource.query(POSTPONE_CHARGING, [tenantId, POSTPONE_S]);
    }
  }
}
