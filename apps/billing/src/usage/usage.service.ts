import { Inject } from '@nestjs/common';
import {
  usageApi,
  usageErrors,
  type GetUsage,
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
import { GET_USAGE, listUsage, SUMMARISE_USAGE, type UsageRow } from './usage.queries.js';

const LIST = 'usage';

/** What a team used, use by use, as it was rated. */
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

  async get(ctx: Ctx, { usageEventId }: GetUsage): Promise<UsageEvent> {
    const [row] = await this.tenant.read<UsageRow>(ctx, GET_USAGE, [ctx.tenantId, usageEventId]);
    if (!row) throw usageErrors.not_found();
    return toUsageEvent(row);
  }

  async summary(ctx: Ctx, { feature, from, to }: SummariseUsage): Promise<UsageSummary> {
    const filter = [feature ?? null, from ?? null, to ?? null];
    const items = await this.tenant.read<UsageSummaryLine>(ctx, SUMMARISE_USAGE, [ctx.tenantId, ...filter]);
    return { items };
  }
}

/** What failed keeps its items without prices; so does what was voided before one was found. */
export function toUsageEvent({ position: _, items, ...row }: UsageRow): UsageEvent {
  const rated = items.every((item) => 'priceId' in item);
  return {
    ...row,
    items: rated ? items : [],
    unrated: rated ? [] : items,
    occurredAt: row.occurredAt.toISOString(),
    chargedAt: row.chargedAt?.toISOString() ?? null,
    retryAt: row.retryAt?.toISOString() ?? null,
    voidedAt: row.voidedAt?.toISOString() ?? null,
  } as UsageEvent;
}
