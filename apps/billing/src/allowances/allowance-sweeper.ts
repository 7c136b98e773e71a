import { Inject, Injectable } from '@nestjs/common';
import { systemCtx } from '@leadwire/kernel';
import { WalletTransaction } from '../ledger/wallet-transaction.js';
import { TenantRounds } from '../tenant-rounds.js';
import { RESET_ALLOWANCES, RESETS_DUE, SET_RESET_DUE } from './allowances.queries.js';

/**
 * Begins allowances anew at the turn of a month; in wallets that are posted on, the posting function has done it already.
 */
@Injectable()
export class AllowanceSweeper extends TenantRounds {
  protected readonly trouble = 'allowances could not be begun anew';
  protected readonly dueSql = RESETS_DUE;
  protected readonly postponeSql = SET_RESET_DUE;

  constructor(@Inject(WalletTransaction) private readonly wallets: WalletTransaction) {
    super();
  }

  protected async visit(tenantId: string): Promise<boolean> {
    await this.wallets.run(systemCtx(tenantId), (db) =>
      db.execute(RESET_ALLOWANCES, [tenantId, this.clock.now()]),
    );
    return false;
  }
}
