import { Inject, Injectable } from '@nestjs/common';
import { systemCtx } from '@leadwire/kernel';
import { WalletTransaction } from '../ledger/wallet-transaction.js';
import { TenantRounds } from '../tenant-rounds.js';
import { DUE_RETRIES, POSTPONE_RETRY } from './retry.queries.js';
import { Retrying } from './retrying.js';

/** Rates failed usage again when its time has come, one batch of each tenant in turn. */
@Injectable()
export class RetrySweeper extends TenantRounds {
  protected readonly trouble = 'failed usage could not be rated again';
  protected readonly dueSql = DUE_RETRIES;
  protected readonly postponeSql = POSTPONE_RETRY;
  /** A wallet that is frozen stays so for a while. */
  protected override readonly postponeMs = 5 * 60_000;

  constructor(
    @Inject(WalletTransaction) private readonly wallets: WalletTransaction,
    @Inject(Retrying) private readonly retrying: Retrying,
  ) {
    super();
  }

  protected async visit(tenantId: string): Promise<boolean> {
    await this.wallets.run(systemCtx(tenantId), (db, wallet) => this.retrying.retry(db, wallet));
    return true;
  }
}
