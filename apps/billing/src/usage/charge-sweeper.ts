import { Inject, Injectable } from '@nestjs/common';
import { systemCtx } from '@leadwire/kernel';
import { WalletTransaction } from '../ledger/wallet-transaction.js';
import { TenantRounds } from '../tenant-rounds.js';
import { DUE_FOR_CHARGING, POSTPONE_CHARGING } from './charging.queries.js';
import { Charging } from './charging.js';

/** Goes on charging waiting usage after a top-up, one batch of each tenant in turn. */
@Injectable()
export class ChargeSweeper extends TenantRounds {
  protected readonly trouble = 'waiting usage could not be charged';
  protected readonly dueSql = DUE_FOR_CHARGING;
  protected readonly postponeSql = POSTPONE_CHARGING;
  protected override readonly postponeMs = 30_000;

  constructor(
    @Inject(WalletTransaction) private readonly wallets: WalletTransaction,
    @Inject(Charging) private readonly charging: Charging,
  ) {
    super();
  }

  protected async visit(tenantId: string): Promise<boolean> {
    await this.wallets.run(systemCtx(tenantId), (db, wallet) => this.charging.chargePending(db, wallet));
    return true;
  }
}
