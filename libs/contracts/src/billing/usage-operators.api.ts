import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { Bool, DecimalText, Int, ListOf, Text, Timestamp, Uuid } from '../define/fields.js';
import { TenantRef } from '../identity/tenants.api.js';
import { PREVIEW_ENTRIES_MAX, PreviewLine } from './operator-prices.api.js';
import { FEATURE_MAX } from './usage.api.js';

export class RetryUsage {
  @Uuid({ optional: true, description: 'Only of this team.' })
  tenantId?: string;
}

export class RetriesStarted {
  @Int({ min: 0, description: 'Teams whose failed usage is rated again now.' })
  teams!: number;
}

export class RerateUsage extends TenantRef {
  @Timestamp({ description: 'Used at or after.' })
  from!: string;

  @Timestamp({ description: 'Used before.' })
  to!: string;

  @Text({ min: 1, max: FEATURE_MAX, optional: true })
  feature?: string;

  @Timestamp({
    optional: true,
    description: 'The prices of that moment are taken, not later than now; now unless told.',
  })
  pricesAt?: string;

  @Text({
    min: 1,
    max: 500,
    optional: true,
    description: 'Why: what costs otherwise is voided and charged anew. Without it nothing is changed.',
  })
  reason?: string;
}

/** What a period costs at other prices. */
export class Rerating {
  @Int({ min: 0 })
  uses!: number;

  @Int({ min: 0, description: 'Those that cost otherwise.' })
  changed!: number;

  @DecimalText({ signed: true, description: 'How much more they cost; less where it is negative.' })
  delta!: string;

  @Bool({ description: 'Whether they were voided and charged anew.' })
  applied!: boolean;

  @ListOf(() => PreviewLine, { items: PREVIEW_ENTRIES_MAX })
  items!: PreviewLine[];
}

/** What only those may ask who run the platform; no route leads here. */
export interface UsageOperatorsApi {
  /** Rates failed usage again at once instead of when its time comes, e.g. after a price was published. */
  retry(ctx: Ctx, input: RetryUsage): Promise<RetriesStarted>;
  /**
   * Rates the usage of a period again at corrected prices, and with a reason charges the difference by credit and debit. Killed in the
   * middle, the next one goes on where it was.
   * @throws AppError `request.invalid` | `request.timeout` | `wallet.frozen`
   */
  rerate(ctx: Ctx, input: RerateUsage): Promise<Rerating>;
}
export const usageOperatorsApi = defineApi<UsageOperatorsApi>('billing.usage-operators', {
  retry: { input: RetryUsage, output: RetriesStarted, can: 'system', idempotent: true },
  rerate: { input: RerateUsage, output: Rerating, can: 'system' },
});
