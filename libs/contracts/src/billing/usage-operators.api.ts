import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { Int, Uuid } from '../define/fields.js';

export class RetryUsage {
  @Uuid({ optional: true, description: 'Only of this team.' })
  tenantId?: string;
}

export class RetriesStarted {
  @Int({ min: 0, description: 'Teams whose failed usage is rated again now.' })
  teams!: number;
}

/** What only those may ask who run the platform; no route leads here. */
export interface UsageOperatorsApi {
  /** Rates failed usage again at once instead of when its time comes, e.g. after a price was published. */
  retry(ctx: Ctx, input: RetryUsage): Promise<RetriesStarted>;
}
export const usageOperatorsApi = defineApi<UsageOperatorsApi>('billing.usage-operators', {
  retry: { input: RetryUsage, output: RetriesStarted, can: 'system', idempotent: true },
});
