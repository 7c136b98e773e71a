import { Inject, Injectable } from '@nestjs/common';
import { assert, type Ctx } from '@leadwire/kernel';
import { TenantTransaction, type TenantDb } from '@leadwire/persistence';
import type { LockedWallet } from './locked-wallet.js';
import { WalletLock } from './wallet-lock.js';

/** A tenant's transaction that holds its wallet from beginning to end, so that nobody posts without writing the wallet back. */
@Injectable()
export class WalletTransaction {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(WalletLock) private readonly wallets: WalletLock,
  ) {}

  /** Takes the wallet, does the work and saves the wallet; what the work throws undoes all of it. */
  run<T>(ctx: Ctx, work: (db: TenantDb, wallet: LockedWallet) => Promise<T>): Promise<T> {
    return this.tenant.run(ctx, async (db) => {
      const wallet = await this.wallets.take(db);
      const result = await work(db, wallet);
      await wallet.save();
      return result;
    });
  }

  /**
   * Reads a row that exists once the wallet does, and makes the wallet when this is the first look: sign-up and that look are
   * milliseconds apart, and the event that announces the tenant may be slower.
   */
  async readOrMake<R extends object>(ctx: Ctx, sql: string, params: unknown[], name?: string): Promise<R> {
    const [row] = await this.tenant.read<R>(ctx, sql, params, name);
    if (row) return row;
    await this.run(ctx, () => Promise.resolve());
    const [made] = await this.tenant.read<R>(ctx, sql, params, name);
    assert(made, 'a wallet that was made can be read');
    return made;
  }
}
