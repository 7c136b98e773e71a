import { Inject, Injectable } from '@nestjs/common';
import { systemCtx } from '@leadwire/kernel';
import { WalletTransaction } from '../ledger/wallet-transaction.js';
import { TenantRounds } from '../tenant-rounds.js';
import { Charging } from '../usage/charging.js';
import { QUOTAS_DUE, SET_QUOTA_DUE } from './quotas.queries.js';

/** Charges usage that waited for room in a quota: at the turn of a day or month, and when a quota was changed. */
@Injectable()
export class QuotaSweeper extends TenantRounds {
  protected readonly trouble = 'usage that waited for a quota could not be charged';
  protected readonly dueSql = QUOTAS_DUE;
  protected readonly postponeSql = SET_QUOTA_DUE;

  constructor(
    @Inject(WalletTransaction) private readonly wallets: WalletTransaction,
    @Inject(Charging) private readonly charging: Charging,
  ) {
    super();
  }

  protected async visit(tenantId: string): Promise<boolean> {
    await this.wallets.run(systemCtx(tenantId), async (db, wallet) => {
      const due = await this.charging.chargeAwaitingQuota(db, wallet);
      await db.execute(SET_QUOTA_DUE, [tenantId, due]);
    });
    return false;
  }
}
