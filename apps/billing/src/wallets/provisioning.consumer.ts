import { Inject } from '@nestjs/common';
import { TenantCreated, type EventOf } from '@leadwire/contracts';
import { Consumes, On } from '@leadwire/messaging';
import type { TenantDb } from '@leadwire/persistence';
import { WalletLock } from '../ledger/wallet-lock.js';

/** Gives each new tenant its wallet and trial credit. */
@Consumes('billing__provisioning')
export class ProvisioningConsumer {
  constructor(@Inject(WalletLock) private readonly wallets: WalletLock) {}

  @On(TenantCreated)
  async tenantCreated(_: EventOf<typeof TenantCreated>, db: TenantDb): Promise<void> {
    const wallet = await this.wallets.take(db);
    await wallet.save();
  }
}
