import { Inject } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import {
  usageOperatorsApi,
  type RerateUsage,
  type Rerating,
  type RetriesStarted,
  type RetryUsage,
  type UsageOperatorsApi,
} from '@leadwire/contracts';
import { systemCtx, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { TenantTransaction } from '@leadwire/persistence';
import type { DataSource } from 'typeorm';
import { Rerater } from './rerater.js';
import { RetrySweeper } from './retry-sweeper.js';
import { TENANTS_TO_RETRY } from './retry.queries.js';
import { Retrying } from './retrying.js';

const TENANTS_AT_ONCE = 100;

/** The door of those who run the platform to the usage of teams: it takes requests of the system only. */
@Serves(usageOperatorsApi)
export class UsageOperatorsService implements UsageOperatorsApi {
  constructor(
    @Inject(getDataSourceToken()) private readonly dataSource: DataSource,
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(Retrying) private readonly retrying: Retrying,
    @Inject(RetrySweeper) private readonly sweeper: RetrySweeper,
    @Inject(Rerater) private readonly rerater: Rerater,
  ) {}

  async retry(ctx: Ctx, { tenantId }: RetryUsage): Promise<RetriesStarted> {
    const teams = tenantId === undefined ? await this.hurryAll(ctx) : await this.hurry(ctx, [tenantId]);
    this.sweeper.wake();
    return { teams };
  }

  rerate({ requestId, traceparent, deadline }: Ctx, input: RerateUsage): Promise<Rerating> {
    return this.rerater.rerate(systemCtx(input.tenantId, { requestId, traceparent, deadline }), input);
  }

  private async hurryAll(ctx: Ctx): Promise<number> {
    let count = 0;
    let after: string | null = null;
    do {
      const rows: { tenantId: string }[] = await this.dataSource.query(TENANTS_TO_RETRY, [
        after,
        TENANTS_AT_ONCE,
      ]);
      count += await this.hurry(
        ctx,
        rows.map(({ tenantId }) => tenantId),
      );
      after = rows.length === TENANTS_AT_ONCE ? (rows.at(-1)?.tenantId ?? null) : null;
    } while (after !== null);
    return count;
  }

  private async hurry({ requestId, traceparent, deadline }: Ctx, tenantIds: string[]): Promise<number> {
    for (const tenantId of tenantIds)
      await this.tenant.run(systemCtx(tenantId, { requestId, traceparent, deadline }), (db) =>
        this.retrying.hurry(db),
      );
    return tenantIds.length;
  }
}
