import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { Clock, systemCtx } from '@leadwire/kernel';
import { TenantTransaction, type TenantDb } from '@leadwire/persistence';
import { LOGGER, type Logger } from '@leadwire/platform';
import type { DataSource } from 'typeorm';
import type { LockedWallet } from '../ledger/locked-wallet.js';
import { WalletLock } from '../ledger/wallet-lock.js';
import { Rounds } from '../rounds.js';
import { Charging } from '../usage/charging.js';
import { QUOTAS_DUE, RESET_ALLOWANCES, RESETS_DUE, SET_QUOTA_DUE, SET_RESET_DUE } from './quotas.queries.js';

const SWEEP_EVERY_MS = 1_000;
const TENANTS_PER_ROUND = 50;
/** How long a tenant is left alone with whom it failed. */
const POSTPONE_MS = 60_000;

/**
 * At the turn of a day or month: charges usage that waited for room in a quota, and begins allowances anew. In wallets that are
 * posted on, the posting function has begun them anew already. Replicas may sweep at once: who comes second finds nothing due.
 */
@Injectable()
export class LimitsSweeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly rounds = new Rounds(
    SWEEP_EVERY_MS,
    () => this.round(),
    (err) => this.logger.warn({ err }, 'limits could not be looked after; the next round tries again'),
  );

  constructor(
    @Inject(getDataSourceToken()) private readonly dataSource: DataSource,
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(WalletLock) private readonly wallets: WalletLock,
    @Inject(Charging) private readonly charging: Charging,
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
    const quotas = await this.sweep(QUOTAS_DUE, SET_QUOTA_DUE, async (db, wallet) => {
      const due = await this.charging.chargeAwaitingQuota(db, wallet);
      await db.execute(SET_QUOTA_DUE, [db.tenantId, due]);
    });
    const resets = await this.sweep(RESETS_DUE, SET_RESET_DUE, (db) =>
      db.execute(RESET_ALLOWANCES, [db.tenantId, this.clock.now()]),
    );
    return quotas || resets;
  }

  private async sweep(
    dueSql: string,
    postponeSql: string,
    work: (db: TenantDb, wallet: LockedWallet) => Promise<unknown>,
  ): Promise<boolean> {
    const due = await this.dataSource.query<{ tenantId: string }[]>(dueSql, [
      this.clock.now(),
      TENANTS_PER_ROUND,
    ]);
    for (const { tenantId } of due) {
      if (this.rounds.stopped) return false;
      try {
        await this.tenant.run(systemCtx(tenantId), async (db) => {
          const wallet = await this.wallets.take(db);
          await work(db, wallet);
          await wallet.save();
        });
      } catch (err) {
        this.logger.error({ err, tenantId }, 'limits of a tenant could not be looked after');
        const until = new Date(this.clock.now().getTime() + POSTPONE_MS);
        await this.dataSource.query(postponeSql, [tenantId, until]);
      }
    }
    return due.length === TENANTS_PER_ROUND;
  }
}
