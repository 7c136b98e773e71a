import { timingSafeEqual } from 'node:crypto';
import { Inject } from '@nestjs/common';
import {
  apiKeyChecksApi,
  apiKeyErrors,
  tenantErrors,
  type ApiKeyChecksApi,
  type ApiKeyStanding,
  type Role,
  type VerifyApiKey,
} from '@leadwire/contracts';
import { Clock, requestErrors, systemCtx, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { TenantTransaction } from '@leadwire/persistence';
import { endOf, type ApiKeyRow } from './api-key.js';
import { ApiKeysStore } from './api-keys.store.js';
import { ApiKeyUse } from './api-key-use.js';
import { STANDING_OF_KEY } from './api-keys.queries.js';

type StandingRow = ApiKeyRow & { secretHash: Buffer; tenantStatus: string; role: Role | null };

/** Says for whom a key acts, to the gateway, which shows the hash of the key and never the key. */
@Serves(apiKeyChecksApi)
export class ApiKeyChecksService implements ApiKeyChecksApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(ApiKeysStore) private readonly store: ApiKeysStore,
    @Inject(ApiKeyUse) private readonly use: ApiKeyUse,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /**
   * Who shows a wrong secret learns nothing; who shows the right one learns why it does not work.
   * @throws AppError `request.unauthenticated` | `api_key.ended` | `tenant.suspended`
   */
  async verify(ctx: Ctx, { prefix, digest }: VerifyApiKey): Promise<ApiKeyStanding> {
    const row = await this.find(ctx, prefix);
    if (!row || !sameHash(row.secretHash, digest))
      throw requestErrors.unauthenticated({ internal: 'no such API key' });
    const worksUntil = endOf(row);
    if (worksUntil <= this.clock.now()) throw apiKeyErrors.ended();
    if (!row.role) throw apiKeyErrors.ended({ internal: 'its owner has left or is switched off' });
    if (row.tenantStatus !== 'active') throw tenantErrors.suspended();
    this.use.note(row);
    const { id: apiKeyId, tenantId, userId, role, scopes, ipAllow, ratePerSecond } = row;
    return {
      apiKeyId,
      tenantId,
      userId,
      role,
      scopes,
      ipAllow,
      ratePerSecond,
      worksUntil: worksUntil.toISOString(),
    };
  }

  private async find(ctx: Ctx, prefix: string): Promise<(StandingRow & { tenantId: string }) | undefined> {
    const tenantId = await this.store.tenantOf(prefix);
    if (!tenantId) return undefined;
    const [row] = await this.tenant.read<StandingRow>(
      systemCtx(tenantId, { requestId: ctx.requestId, traceparent: ctx.traceparent }),
      STANDING_OF_KEY,
      [tenantId, prefix],
      'identity-api-key',
    );
    return row && { ...row, tenantId };
  }
}

function sameHash(known: Buffer, digest: string): boolean {
  const shown = Buffer.from(digest, 'base64url');
  return shown.length === known.length && timingSafeEqual(shown, known);
}
