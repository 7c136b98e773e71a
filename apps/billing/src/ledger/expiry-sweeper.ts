import { Inject, Injectable } from '@nestjs/common';
import { systemCtx } from '@leadwire/kernel';
import { TenantRounds } from '../tenant-rounds.js';
import { Charging } from '../usage/charging.js';
import { EXPIRING_WALLETS, POSTPONE_EXPIRY } from './posting.queries.js';
import { WalletTransaction } from './wallet-transaction.js';

/**
 * Ends reservations and credit whose time is over in wallets that nobody touches; in those that somebody does, the posting
 * function has done it already.
 */
@Injectable()
export class ExpirySweeper extends TenantRounds {
  protected readonly trouble = 'what expired could not be posted';
  protected readonly dueSql = EXPIRING_WALLETS;
  protected readonly postponeSql = POSTPONE_EXPIRY;

  constructor(
    @Inject(WalletTransaction) private readonly wallets: WalletTransaction,
    @Inject(Charging) private readonly charging: Charging,
  ) {
    super();
  }

  protected async visit(tenantId: string): Promise<boolean> {
    const posted = await this.wallets.run(systemCtx(tenantId), async (db, wallet) => {
      const count = await wallet.expire();
      // What was held may now pay for usage that waits.
      await this.charging.chargePending(db, wallet);
      return count;
    });
    // A frozen wallet stays due; asked every second it would keep the others waiting.
    if (posted === 0) await this.postpone(tenantId);
    return false;
  }
}
