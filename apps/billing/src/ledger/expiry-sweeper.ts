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
import { Charging } from '../usage/charging.js';
import { EXPIRING_WALLETS, POSTPONE_EXPIRY } from './posting.queries.js';
import { WalletLock } from './wallet-lock.js';

const SWEEP_EVERY_MS = 1_000;
const WALLETS_PER_ROUND = 50;
/** How long a wallet is left alone whose expiry could not be posted, in seconds. */
const POSTPONE_S = 60;

/**
 * Ends reservations and credit whose time is over in wallets that nobody touches; in those that somebody does, the posting
 * function has done it already. Replicas may sweep at once: who comes second finds nothing due.
 */
@Injectable()
export class ExpirySweeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly rounds = new Rounds(
    SWEEP_EVERY_MS,
    () => this.round(),
    (err) => this.logger.warn({ err }, 'what expired could not be looked for; the next round tries again'),
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

  /** Ends what is due in at most so many wallets; says whether there may be more. */
  async round(): Promise<boolean> {
    const due = await this.dataSource.query<{ tenantId: string }[]>(EXPIRING_WALLETS, [
      this.clock.now(),
      WALLETS_PER_ROUND,
    ]);
    for (const { tenantId } of due) if (!this.rounds.stopped) await this.expire(tenantId);
    return due.length === WALLETS_PER_ROUND;
  }

  private async expire(tenantId: string): Promise<void> {
    try {
      const posted = await this.tenant.run(systemCtx(tenantId), async (db) => {
        const wallet = await this.wallets.take(db);
        const count = await wallet.expire();
        // What was held may now pay for usage that waits.
        await this.charging.chargePending(db, wallet);
        await wallet.save();
        return count;
      });
      if (posted === 0) await this.postpone(tenantId);
    } catch (err) {
      this.logger.error({ err, tenantId }, 'what expired in a wallet could not be posted');
      await this.postpone(tenantId);
    }
  }

  // A frozen wallet stays due; asked every second it would keep the others waiting.
  private async postpone(tenantId: string): Promise<void> {
    const until = new Date(this.clock.now().getTime() + POSTPONE_S * 1_000);
    await this.dataSource.query(POSTPONE_EXPIRY, [tenantId, until]);
  }
}
