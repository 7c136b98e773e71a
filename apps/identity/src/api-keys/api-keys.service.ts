import { Inject } from '@nestjs/common';
import {
  API_KEY_SCOPES,
  apiKeyErrors,
  apiKeysApi,
  ApiKeyChanged,
  ApiKeyRevoked,
  type ApiKey,
  type ApiKeyRef,
  type ApiKeysApi,
  type CreateApiKey,
  type IssuedApiKey,
  type ListApiKeys,
  type Page,
  type RotateApiKey,
  type UpdateApiKey,
} from '@leadwire/contracts';
import { assert, can, Clock, requestErrors, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { Cursors, TenantTransaction, type TenantDb } from '@leadwire/persistence';
import { endOf, stateOf, toApiKey, type ApiKeyRow } from './api-key.js';
import { FIND_KEY, LIST_KEYS, LOCK_KEY, RETIRE_KEY, REVOKE_KEY, UPDATE_KEY } from './api-keys.queries.js';
import { ApiKeyIssuer } from './api-key-issuer.js';

const DAY_MS = 86_400_000;
const LIFETIME_DEFAULT_MS = 90 * DAY_MS;
const LIFETIME_MAX_MS = 366 * DAY_MS;
const OVERLAP_DEFAULT_SECONDS = 86_400;
const MANAGE = 'api-keys.manage';

/** What people do with API keys: their own, and for who manages them everybody's to see and to revoke. */
@Serves(apiKeysApi)
export class ApiKeysService implements ApiKeysApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(ApiKeyIssuer) private readonly issuer: ApiKeyIssuer,
    @Inject(Cursors) private readonly cursors: Cursors,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** @throws AppError `api_key.scope_beyond_rights` | `api_key.too_many` | `account.not_a_member` | `request.invalid` */
  create(ctx: Ctx, input: CreateApiKey): Promise<IssuedApiKey> {
    const userId = personOf(ctx);
    refuseBeyondRights(ctx, input.scopes);
    const expiresAt = this.expiryOf(input);
    const { name, scopes, ipAllow = [], ratePerSecond = null } = input;
    return this.tenant.run(unremembered(ctx), (db) =>
      this.issuer.issue(db, {
        userId,
        name: name.trim(),
        scopes,
        ipAllow,
        ratePerSecond,
        expiresAt,
        rotatedFrom: null,
      }),
    );
  }

  /** Newest first; only the caller's own unless they manage everybody's. */
  async list(ctx: Ctx, input: ListApiKeys): Promise<Page<ApiKey>> {
    const mine = personOf(ctx);
    const wanted = input.userId ?? (can(ctx, MANAGE) ? null : mine);
    if (wanted !== null && wanted !== mine && !can(ctx, MANAGE)) return { items: [], next: null };
    const { after, limit } = this.cursors.read(ctx, apiKeysApi.name, input);
    const rows = await this.tenant.read<ApiKeyRow>(
      ctx,
      LIST_KEYS,
      [ctx.tenantId, wanted, limit + 1, after?.[0] ?? null],
      'identity-api-keys',
    );
    const now = this.clock.now();
    return this.cursors.page(
      ctx,
      apiKeysApi.name,
      input,
      rows,
      ({ id }) => [id],
      (row) => toApiKey(row, now),
    );
  }

  /** @throws AppError `api_key.not_found` */
  async get(ctx: Ctx, { apiKeyId }: ApiKeyRef): Promise<ApiKey> {
    const [row] = await this.tenant.read<ApiKeyRow>(ctx, FIND_KEY, [ctx.tenantId, apiKeyId]);
    return toApiKey(visible(ctx, row), this.clock.now());
  }

  /**
   * Changes the given fields. Scopes may shrink, and grow within the caller's rights.
   * @throws AppError `api_key.not_found` | `api_key.not_yours` | `api_key.not_active` | `api_key.scope_beyond_rights`
   */
  update(ctx: Ctx, input: UpdateApiKey): Promise<ApiKey> {
    return this.tenant.run(ctx, async (db) => {
      const now = this.clock.now();
      const before = await lockOwn(db, ctx, input.apiKeyId);
      if (endOf(before) <= now) throw apiKeyErrors.not_active();
      const scopes = input.scopes ?? before.scopes;
      refuseBeyondRights(
        ctx,
        scopes.filter((scope) => !before.scopes.includes(scope)),
      );
      const [after] = await db.query<ApiKeyRow>(UPDATE_KEY, [
        db.tenantId,
        before.id,
        input.name?.trim() ?? before.name,
        scopes,
        input.ipAllow ?? before.ipAllow,
        input.ratePerSecond === undefined ? before.ratePerSecond : input.ratePerSecond,
      ]);
      assert(after, 'a locked row can be updated');
      announceChange(db, after);
      return toApiKey(after, now);
    });
  }

  /**
   * Makes a successor that lives as long as its predecessor was to, which goes on working for the overlap.
   * @throws AppError `api_key.not_found` | `api_key.not_yours` | `api_key.not_active` | `api_key.too_many`
   */
  rotate(
    ctx: Ctx,
    { apiKeyId, overlapSeconds = OVERLAP_DEFAULT_SECONDS }: RotateApiKey,
  ): Promise<IssuedApiKey> {
    return this.tenant.run(unremembered(ctx), async (db) => {
      const now = this.clock.now();
      await this.issuer.takeTurn(db);
      const before = await lockOwn(db, ctx, apiKeyId);
      if (stateOf(before, now) !== 'active') throw apiKeyErrors.not_active();
      const lifetimeMs = before.expiresAt.getTime() - before.createdAt.getTime();
      const until = new Date(now.getTime() + overlapSeconds * 1000);
      const [retired] = await db.query<ApiKeyRow>(RETIRE_KEY, [db.tenantId, before.id, until]);
      assert(retired, 'a locked row can be updated');
      announceChange(db, retired);
      return this.issuer.issue(db, {
        ...before,
        expiresAt: new Date(now.getTime() + lifetimeMs),
        rotatedFrom: before.id,
      });
    });
  }

  /** Ends a key at once; a key that was revoked before stays so. @throws AppError `api_key.not_found` */
  revoke(ctx: Ctx, { apiKeyId }: ApiKeyRef): Promise<void> {
    return this.tenant.run(ctx, async (db) => {
      const [row] = await db.query<ApiKeyRow>(LOCK_KEY, [db.tenantId, apiKeyId]);
      const { id, userId, revokedAt } = visible(ctx, row);
      if (revokedAt) return;
      const reason = userId === ctx.userId ? 'revoked-by-owner' : 'revoked-by-admin';
      await db.execute(REVOKE_KEY, [db.tenantId, id, this.clock.now(), reason]);
      db.emit(ApiKeyRevoked, id, { userId, reason });
    });
  }

  private expiryOf({ expiresAt }: CreateApiKey): Date {
    const now = this.clock.now().getTime();
    const end = expiresAt === undefined ? now + LIFETIME_DEFAULT_MS : Date.parse(expiresAt);
    if (end > now && end <= now + LIFETIME_MAX_MS) return new Date(end);
    const detail = 'must lie in the future, at most a year from now';
    throw requestErrors.invalid({ errors: [{ pointer: '/expiresAt', code: 'expiry', detail }] });
  }
}

function personOf({ userId }: Ctx): string {
  if (!userId) throw requestErrors.forbidden({ internal: 'keys belong to people' });
  return userId;
}

/** The row, if the caller may know of it: another member's key is none to who does not manage keys. */
function visible(ctx: Ctx, row: ApiKeyRow | undefined): ApiKeyRow {
  if (!row || (row.userId !== ctx.userId && !can(ctx, MANAGE))) throw apiKeyErrors.not_found();
  return row;
}

// Whoever could rotate or widen another's key could act in their name.
async function lockOwn(db: TenantDb, ctx: Ctx, apiKeyId: string): Promise<ApiKeyRow> {
  const [row] = await db.query<ApiKeyRow>(LOCK_KEY, [db.tenantId, apiKeyId]);
  const key = visible(ctx, row);
  if (key.userId !== ctx.userId) throw apiKeyErrors.not_yours();
  return key;
}

function refuseBeyondRights(ctx: Ctx, scopes: readonly string[]): void {
  const beyond = scopes.filter(
    (scope) => !can(ctx, scope) || !(API_KEY_SCOPES as readonly string[]).includes(scope),
  );
  if (beyond.length > 0) throw apiKeyErrors.scope_beyond_rights({ extras: { scopes: beyond } });
}

function announceChange(db: TenantDb, row: ApiKeyRow): void {
  db.emit(ApiKeyChanged, row.id, { userId: row.userId, worksUntil: endOf(row).toISOString() });
}

// The answer carries the secret, so it must not be remembered under an Idempotency-Key.
function unremembered(ctx: Ctx): Ctx {
  return Object.freeze({ ...ctx, idempotencyKey: undefined });
}
