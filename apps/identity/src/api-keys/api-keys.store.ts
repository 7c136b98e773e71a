import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { translateDatabaseError } from '@leadwire/persistence';
import type { DataSource } from 'typeorm';
import { NOTE_USE, TENANT_OF_PREFIX } from './api-keys.queries.js';

/** What is asked of API keys outside any tenant: whose a prefix is, and which ones were used. */
@Injectable()
export class ApiKeysStore {
  constructor(@InjectDataSource() private readonly source: DataSource) {}

  /** The tenant of the key with this prefix; undefined when there is none. */
  async tenantOf(prefix: string): Promise<string | undefined> {
    const [row] = await this.query<{ tenantId: string | null }>(TENANT_OF_PREFIX, [prefix]);
    return row?.tenantId ?? undefined;
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
