import { Inject, Injectable } from '@nestjs/common';
import { AccountTransaction } from '../accounts/account-transaction.js';
import { NOTE_USE, TENANT_OF_PREFIX } from './api-keys.queries.js';

/** What is asked of API keys outside any tenant: whose a prefix is, and which keys were used. */
@Injectable()
export class ApiKeysStore {
  constructor(@Inject(AccountTransaction) private readonly accounts: AccountTransaction) {}

  /** The tenant of the key with this prefix; undefined when there is none. */
  async tenantOf(prefix: string): Promise<string | undefined> {
    const [row] = await this.accounts.alone.query<{ tenantId: string | null }>(TENANT_OF_PREFIX, [prefix]);
    return row?.tenantId ?? undefined;
  }

  async noteUse(keyIds: string[], at: Date): Promise<void> {
    await this.accounts.alone.execute(NOTE_USE, [keyIds, at]);
  }
}
