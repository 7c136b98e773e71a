import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { DecimalText, Int, JsonObject, ListOf, OneOf, Text, Timestamp, Uuid } from '../define/fields.js';
import { pageOf, PageRequest, type Page } from '../define/page.js';
import { UsageItem } from './usage-item.js';

export const USAGE_STATUSES = ['pending', 'charged', 'voided', 'failed'] as const;
export type UsageStatus = (typeof USAGE_STATUSES)[number];

const FEATURE_MAX = 60;

export class ListUsage extends PageRequest {
  @OneOf(USAGE_STATUSES, { optional: true })
  status?: UsageStatus;

  @Text({ min: 1, max: FEATURE_MAX, optional: true, example: 'campaigns' })
  feature?: string;

  @Timestamp({ optional: true, description: 'Used at or after.' })
  from?: string;

  @Timestamp({ optional: true, description: 'Used before.' })
  to?: string;
}

export class UsageEvent {
  @Uuid()
  id!: string;

  @Text({ max: FEATURE_MAX })
  feature!: string;

  @OneOf(USAGE_STATUSES)
  status!: UsageStatus;

  @ListOf(() => UsageItem)
  items!: UsageItem[];

  @DecimalText()
  quantity!: string;

  @DecimalText()
  cost!: string;

  @Text({ max: 3 })
  currency!: string;

  @Uuid({ nullable: true, description: 'Who caused it.' })
  userId!: string | null;

  @Text({ max: 200, nullable: true, description: 'What it was, e.g. the id of the activity.' })
  externalReferenceId!: string | null;

  @Uuid({ nullable: true, description: 'The debit that paid for it.' })
  ledgerTransactionId!: string | null;

  @JsonObject({ description: 'What it belongs to, e.g. campaign and lead.' })
  metadata!: Record<string, unknown>;

  @Timestamp({ description: 'When it was used; the price of that moment applies.' })
  occurredAt!: string;

  @Timestamp({ nullable: true })
  chargedAt!: string | null;
}

export class SummariseUsage {
  @Text({ min: 1, max: FEATURE_MAX, optional: true })
  feature?: string;

  @Timestamp({ optional: true, description: 'Used at or after.' })
  from?: string;

  @Timestamp({ optional: true, description: 'Used before.' })
  to?: string;
}

export class UsageSummaryLine {
  @Text({ max: FEATURE_MAX })
  feature!: string;

  @OneOf(USAGE_STATUSES)
  status!: UsageStatus;

  @Text({ max: 3 })
  currency!: string;

  @Int({ min: 0 })
  count!: number;

  @DecimalText()
  quantity!: string;

  @DecimalText()
  cost!: string;
}

export class UsageSummary {
  @ListOf(() => UsageSummaryLine)
  items!: UsageSummaryLine[];
}

export interface UsageApi {
  /** What was used, newest first. */
  list(ctx: Ctx, input: ListUsage): Promise<Page<UsageEvent>>;
  /** Count, quantity and cost by feature and status. */
  summary(ctx: Ctx, input: SummariseUsage): Promise<UsageSummary>;
}
export const usageApi = defineApi<UsageApi>('billing.usage', {
  list: { input: ListUsage, output: pageOf(UsageEvent), can: 'billing.read', idempotent: true },
  summary: { input: SummariseUsage, output: UsageSummary, can: 'billing.read', idempotent: true },
});
