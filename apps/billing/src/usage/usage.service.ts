import { Inject } from '@nestjs/common';
import {
  usageApi,
  type ListUsage,
  type Page,
  type SummariseUsage,
  type UsageApi,
  type UsageEvent,
  type UsageSummary,
  type UsageSummaryLine,
} from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { Cursors, TenantTransaction } from '@leadwire/persistence';
import { listUsage, SUMMARISE_USAGE, type UsageRow } from './usage.queries.js';

const LIST = 'usage';

@Serves(usageApi)
export class UsageService implements UsageApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(Cursors) private readonly cursors: Cursors,
  ) {}

  async list(ctx: Ctx, input: ListUsage): Promise<Page<UsageEvent>> {
    const { after, limit } = this.cursors.read(ctx, LIST, input);
    const { sql, filters } = listUsage(input);
    const place = [after?.[0] ?? null, after?.[1] ?? null];
    const rows = await this.tenant.read<UsageRow>(ctx, sql, [ctx.tenantId, limit + 1, ...place, ...filters]);
    return this.cursors.page(ctx, LIST, input, rows, ({ position, id }) => [position, id], toUsageEvent);
  }

  async summary(ctx: Ctx, { feature, from, to }: SummariseUsage): Promise<UsageSummary> {
    const filter = [feature ?? null, from ?? null, to ?? null];
    const items = await this.tenant.read<UsageSummaryLine>(ctx, SUMMARISE_USAGE, [ctx.tenantId, ...filter]);
    return { items };
  }
}

function toUsageEvent({ position: _, ...row }: UsageRow): UsageEvent {
  return {
    ...row,
    occurredAt: row.occurredAt.toISOString(),
    chargedAt: row.chargedAt?.toISOString() ?? null,
  } as UsageEvent;
}
