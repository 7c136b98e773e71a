import { Inject, Injectable } from '@nestjs/common';
import { ApiKeyChanged } from '@leadwire/contracts';
import { Clock, systemCtx } from '@leadwire/kernel';
import { TenantTransaction } from '@leadwire/persistence';
import { AccountsStore } from '../accounts/accounts.store.js';
import { endOf, type ApiKeyRow } from './api-key.js';
import { LIVE_KEYS_OF_MEMBER } from './api-keys.queries.js';

/** What people mean for their keys beyond one team. */
@Injectable()
export class ApiKeyOwners {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(AccountsStore) private readonly accounts: AccountsStore,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /**
   * Tells gateways to ask again about every working key of a person who was switched off, or on again. Nothing breaks when we die
   * in between: a gateway asks again within half a minute by itself.
   */
  async switched(userId: string): Promise<void> {
    for (const tenantId of await this.accounts.tenantsOf(userId)) {
      await this.tenant.run(systemCtx(tenantId), async (db) => {
        const keys = await db.query<ApiKeyRow>(LIVE_KEYS_OF_MEMBER, [tenantId, userId, this.clock.now()]);
        for (const key of keys)
          db.emit(ApiKeyChanged, key.id, { userId, worksUntil: endOf(key).toISOString() });
      });
    }
  }
}
