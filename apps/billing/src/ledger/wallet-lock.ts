import { Inject, Injectable } from '@nestjs/common';
import { amount, assert, Clock, newId } from '@leadwire/kernel';
import type { TenantDb } from '@leadwire/persistence';
import { CONFIG, type ConfigOf } from '@leadwire/platform';
import type { billingConfig } from '../billing.config.js';
import { LockedWallet, type WalletRow } from './locked-wallet.js';
import { CREATE_WALLET, LOCK_WALLET } from './posting.queries.js';

/** The one way to a wallet for whoever posts: all writers wait here for each other. */
@Injectable()
export class WalletLock {
  constructor(
    @Inject(CONFIG) private readonly config: ConfigOf<typeof billingConfig>,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /**
   * Takes the tenant's wallet until the transaction ends. The first to ask makes it, with its trial credit: the first usage may
   * arrive before the news that the tenant exists.
   */
  async take(db: TenantDb): Promise<LockedWallet> {
    const row = await this.lock(db);
    if (row) return new LockedWallet(db, row, this.clock.now());
    const created = await db.execute(CREATE_WALLET, [
      newId(),
      db.tenantId,
      this.config.CURRENCY,
      this.config.LOW_BALANCE_THRESHOLD,
    ]);
    const fresh = await this.lock(db);
    assert(fresh, 'a wallet that was made exists');
    const wallet = new LockedWallet(db, fresh, this.clock.now());
    if (created > 0) await this.grantTrial(db, wallet);
    return wallet;
  }

  private async lock(db: TenantDb): Promise<WalletRow | undefined> {
    const [row] = await db.query<WalletRow>(LOCK_WALLET, [db.tenantId], 'lock-wallet');
    return row;
  }

  private async grantTrial(db: TenantDb, wallet: LockedWallet): Promise<void> {
    const credit = amount(this.config.TRIAL_CREDIT);
    if (credit.isZero()) return;
    const key = `trial:${db.tenantId}`;
    await wallet.post([
      { kind: 'credit', amount: credit, referenceType: 'trial', key, description: 'Trial credit' },
    ]);
  }
}
