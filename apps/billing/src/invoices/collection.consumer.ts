import { Inject } from '@nestjs/common';
import { WalletToppedUp, type EventOf } from '@leadwire/contracts';
import { Consumes, On } from '@leadwire/messaging';
import type { TenantDb } from '@leadwire/persistence';
import { WalletLock } from '../ledger/wallet-lock.js';
import { Collection } from './collection.js';

/** What comes in pays open invoices, and opens a wallet again that was suspended for them. */
@Consumes('billing__collection')
export class CollectionConsumer {
  constructor(
    @Inject(WalletLock) private readonly wallets: WalletLock,
    @Inject(Collection) private readonly collection: Collection,
  ) {}

  @On(WalletToppedUp)
  async toppedUp(_: EventOf<typeof WalletToppedUp>, db: TenantDb): Promise<void> {
    const wallet = await this.wallets.take(db);
    await this.collection.collectOpen(db, wallet);
    await wallet.save();
  }
}
