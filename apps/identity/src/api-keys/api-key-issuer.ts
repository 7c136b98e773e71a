import { Inject, Injectable } from '@nestjs/common';
import { accountErrors, ApiKeyCreated, apiKeyErrors, type IssuedApiKey } from '@leadwire/contracts';
import { assert, Clock, newId } from '@leadwire/kernel';
import type { TenantDb } from '@leadwire/persistence';
import { newApiKey } from '@leadwire/security';
import { Deliveries } from '../delivery/deliveries.js';
import { endOf, toApiKey, type ApiKeyRow } from './api-key.js';
import { COUNT_LIVE, HOLD_OWNER, INSERT_KEY, LOCK_KEYS_OF_TENANT, SWEEP_ENDED } from './api-keys.queries.js';

const API_KEYS_PER_USER_MAX = 20;
const API_KEYS_PER_TENANT_MAX = 500;
/** Replaced keys of one member that still work: rotation is no way around the bound. */
const API_KEYS_RETIRING_MAX = 20;
const ENDED_KEPT_MS = 90 * 86_400_000;
const ENDED_KEPT_MAX = 100;
const PREFIX_TRIES_MAX = 5;

export type ApiKeyTerms = Pick<
  ApiKeyRow,
  'userId' | 'name' | 'scopes' | 'ipAllow' | 'ratePerSecond' | 'expiresAt' | 'rotatedFrom'
>;
type Owner = { email: string; tenantName: string };

/** Makes keys, within the bounds of member and tenant. */
@Injectable()
export class ApiKeyIssuer {
  constructor(
    @Inject(Deliveries) private readonly deliveries: Deliveries,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** Waits for others who make keys in this tenant; taken before any key is locked, so that nobody waits in a circle. */
  async takeTurn(db: TenantDb): Promise<void> {
    await db.execute(LOCK_KEYS_OF_TENANT, [db.tenantId]);
  }

  /** Makes the key and tells its owner by mail. @throws AppError `api_key.too_many` | `account.not_a_member` */
  async issue(db: TenantDb, terms: ApiKeyTerms): Promise<IssuedApiKey> {
    const now = this.clock.now();
    await this.takeTurn(db);
    const [owner] = await db.query<Owner>(HOLD_OWNER, [db.tenantId, terms.userId]);
    if (!owner) throw accountErrors.not_a_member();
    await this.makeRoom(db, terms.userId, now);
    const { row, secret } = await this.insert(db, terms, now);
    db.emit(ApiKeyCreated, row.id, {
      userId: row.userId,
      scopes: row.scopes,
      worksUntil: endOf(row).toISOString(),
      rotatedFrom: row.rotatedFrom,
    });
    await this.tell(db, owner, row);
    return { apiKey: toApiKey(row, now), secret };
  }

  private async tell(db: TenantDb, { email, tenantName }: Owner, row: ApiKeyRow): Promise<void> {
    const { name, prefix, scopes } = row;
    const until = endOf(row).toISOString().slice(0, 10);
    const data = { name, prefix, teamName: tenantName, scopes: scopes.join(', '), until };
    await this.deliveries.mail(db, { to: email, template: 'api-key-created', data });
  }

  private async makeRoom(db: TenantDb, userId: string, now: Date): Promise<void> {
    const forgotten = new Date(now.getTime() - ENDED_KEPT_MS);
    await db.execute(SWEEP_ENDED, [db.tenantId, userId, forgotten, ENDED_KEPT_MAX, now]);
    const [live] = await db.query<{ ofTenant: number; ofUser: number; retiring: number }>(COUNT_LIVE, [
      db.tenantId,
      userId,
      now,
    ]);
    assert(live, 'a count has a row');
    const full =
      live.ofUser >= API_KEYS_PER_USER_MAX ||
      live.ofTenant >= API_KEYS_PER_TENANT_MAX ||
      live.retiring > API_KEYS_RETIRING_MAX;
    if (full) throw apiKeyErrors.too_many();
  }

  private async insert(
    db: TenantDb,
    terms: ApiKeyTerms,
    now: Date,
  ): Promise<{ row: ApiKeyRow; secret: string }> {
    const { userId, name, scopes, ipAllow, ratePerSecond, expiresAt, rotatedFrom } = terms;
    for (let attempt = 1; ; attempt++) {
      const { text, prefix, hash } = newApiKey();
      const [row] = await db.query<ApiKeyRow>(INSERT_KEY, [
        newId(),
        db.tenantId,
        userId,
        name,
        prefix,
        hash,
        scopes,
        ipAllow,
        ratePerSecond,
        expiresAt,
        rotatedFrom,
        now,
      ]);
      if (row) return { row, secret: text };
      assert(attempt < PREFIX_TRIES_MAX, 'random prefixes differ');
    }
  }
}
