import { Inject } from '@nestjs/common';
import {
  ANALYTICS_DAYS,
  ANALYTICS_DAYS_MAX,
  usageAnalyticsApi,
  type AnalyseUsage,
  type Page,
  type UsageAnalyticsApi,
  type UsageGroupLine,
} from '@leadwire/contracts';
import { Clock, requestErrors, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { Cursors, TenantTransaction } from '@leadwire/persistence';
import { analyseUsage, type UsageGroupRow } from './usage-analytics.queries.js';

const LIST = 'usage-analytics';
const DAY_MS = 24 * 60 * 60_000;

/** What a team used and what that cost, grouped as it is asked for, by day or month. */
@Serves(usageAnalyticsApi)
export class UsageAnalyticsService implements UsageAnalyticsApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(Cursors) private readonly cursors: Cursors,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  async analyse(ctx: Ctx, input: AnalyseUsage): Promise<Page<UsageGroupLine>> {
    const { after, limit } = this.cursors.read(ctx, LIST, input);
    const [from, to] = spanOf(input, this.clock.now());
    const { sql, filters } = analyseUsage(input);
    const place = [after?.[0] ?? null, after?.[1] ?? null, after?.[2] ?? null];
    const params = [ctx.tenantId, limit + 1, from, to, ...place, ...filters];
    const rows = await this.tenant.read<UsageGroupRow>(ctx, sql, params);
    return this.cursors.page(ctx, LIST, input, rows, positionOf, toLine);
  }
}

/** @throws AppError `request.invalid` */
function spanOf({ from, to }: AnalyseUsage, now: Date): [Date, Date] {
  const end = to === undefined ? now : new Date(to);
  const begin = from === undefined ? new Date(end.getTime() - ANALYTICS_DAYS * DAY_MS) : new Date(from);
  const days = (end.getTime() - begin.getTime()) / DAY_MS;
  if (days > 0 && days <= ANALYTICS_DAYS_MAX) return [begin, end];
  const detail = `must be after from, by at most ${ANALYTICS_DAYS_MAX} days`;
  throw requestErrors.invalid({ errors: [{ pointer: '/to', code: 'range', detail }] });
}

function positionOf({ period, cost, key }: UsageGroupRow): (string | null)[] {
  return [period?.toISOString() ?? null, cost, key];
}

function toLine({ key, period, ...line }: UsageGroupRow): UsageGroupLine {
  return { ...line, key: key === '' ? null : key, period: period?.toISOString() ?? null };
}
