import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { translateDatabaseError } from '@leadwire/persistence';
import type { DataSource } from 'typeorm';
import { ACT_AS_USER } from '../accounts/accounts.queries.js';
import { NOTE_USE, TENANT_OF_PREFIX, TENANTS_OF_PERSON } from './api-keys.queries.js';

/** What is asked of API keys outside any tenant: whose a prefix is, where a person belongs, and which keys were used. */
@Injectable()
export class ApiKeysStore {
  constructor(@InjectDataSource() private readonly source: DataSource) {}

  /** The tenant of the key with this prefix; undefined when there is none. */
  async tenantOf(prefix: string): Promise<string | undefined> {
    const [row] = await this.query<{ tenantId: string | null }>(TENANT_OF_PREFIX, [prefix]);
    return row?.tenantId ?? undefined;
  }

  /** Where this person belongs. */
  async tenantsOf(userId: string): Promise<string[]> {
    try {
      return await this.source.transaction(async (manager) => {
        await manager.query(ACT_AS_USER, [userId]);
        const rows: { tenantId: string }[] = await manager.query(TENANTS_OF_PERSON, [userId]);
        return rows.map(({ tenantId }) => tenantId);
      });
    } catch (error) {
      throw translateDatabaseError(error);
    }
  }

  async noteUse(keyIds: string[], at: Date): Promise<void> {
    await this.query(NOTE_USE, [keyIds, at]);
  }

  private async query<R>(sql: string, params: unknown[]): Promise<R[]> {
    try {
      return await this.source.query<R[]>(sql, params);
    } catch (error) {
      throw translateDatabaseError(error);
    }
  }
}
