import { Inject } from '@nestjs/common';
import {
  flagsApi,
  FLAGS_PER_TENANT_MAX,
  type FlagRowState,
  type FlagsApi,
  type Nothing,
  type TenantFlags,
} from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { TenantTransaction } from '@leadwire/persistence';
import { LIST_FLAGS } from './rights.queries.js';

export type FlagRecord = {
  key: string;
  tenantId: string | null;
  userId: string | null;
  enabled: boolean;
  config: object;
  expiresAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
};

/** The rows of flags that are for one team; operators write them. */
@Serves(flagsApi)
export class FlagsService implements FlagsApi {
  constructor(@Inject(TenantTransaction) private readonly tenant: TenantTransaction) {}

  async list(ctx: Ctx, _: Nothing): Promise<TenantFlags> {
    const rows = await this.tenant.read<FlagRecord>(ctx, LIST_FLAGS, [ctx.tenantId, FLAGS_PER_TENANT_MAX]);
    return {
      items: rows.map((row) => {
        const { tenantId: _tenantId, ...flag } = toFlagRow(row);
        return flag;
      }),
    };
  }
}

/** As operators see it. */
export function toFlagRow({ expiresAt, createdAt, updatedAt, ...row }: FlagRecord): FlagRowState {
  return {
    ...row,
    expiresAt: expiresAt?.toISOString() ?? null,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}
