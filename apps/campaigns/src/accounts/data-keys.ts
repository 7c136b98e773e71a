import { Inject, Injectable } from '@nestjs/common';
import type { TenantDb } from '@leadwire/persistence';
import { CONFIG } from '@leadwire/platform';
import { KeyWrapper, type SecretBox } from '@leadwire/security';
import type { CampaignsConfig } from '../campaigns.config.js';

const CACHED_TENANTS_MAX = 1_000;

const FIND = `SELECT wrapped_key AS wrapped FROM data_keys WHERE tenant_id = $1`;
const KEEP = `INSERT INTO data_keys (tenant_id, wrapped_key) VALUES ($1, $2) ON CONFLICT DO NOTHING`;

/** The tenants' data keys, with which their secrets are sealed. */
@Injectable()
export class DataKeys {
  private readonly wrapper: KeyWrapper;
  private readonly boxes = new Map<string, SecretBox>();

  constructor(@Inject(CONFIG) config: CampaignsConfig) {
    this.wrapper = new KeyWrapper(config.KEY_ENCRYPTION_KEY);
  }

  /**
   * The tenant's box; its key is made on first use.
   * @throws Error when the key was wrapped by another key-encryption key
   */
  async box(db: TenantDb): Promise<SecretBox> {
    const known = this.boxes.get(db.tenantId);
    if (known) return known;
    let wrapped = await this.find(db);
    if (wrapped === undefined) {
      await db.execute(KEEP, [db.tenantId, this.wrapper.newWrappedKey(db.tenantId)]);
      wrapped = (await this.find(db)) as string;
      // Not remembered: this transaction may still roll back, and take the new key with it.
      return this.wrapper.unwrap(db.tenantId, wrapped);
    }
    const box = this.wrapper.unwrap(db.tenantId, wrapped);
    if (this.boxes.size >= CACHED_TENANTS_MAX) this.boxes.clear();
    this.boxes.set(db.tenantId, box);
    return box;
  }

  private async find(db: TenantDb): Promise<string | undefined> {
    return (await db.query<{ wrapped: string }>(FIND, [db.tenantId]))[0]?.wrapped;
  }
}

/** Where an account's sealed password lives. */
export const passwordPlace = (tenantId: string, accountId: string) => ({
  tenantId,
  table: 'email_accounts',
  column: 'smtp_password',
  rowId: accountId,
});
