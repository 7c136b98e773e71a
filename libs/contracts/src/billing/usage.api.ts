import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { DecimalText, Int, JsonObject, ListOf, OneOf, Text, Timestamp, Uuid } from '../define/fields.js';
import { pageOf, PageRequest, type Page } from '../define/page.js';
import { UsageItem } from './usage-item.js';

export const USAGE_STATUSES = ['pending', 'charged', 'voided', 'failed'] as const;
export type UsageStatus = (typeof USAGE_STATUSES)[number];

/** Who reported it: a service of ours in the course of its work, or the team's own systems through the API. */
export const USAGE_SOURCES = ['service', 'api'] as const;
export type UsageSource = (typeof USAGE_SOURCES)[number];

export const FEATURE_MAX = 60;

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

/** One thing that was used and that no price covers yet. */
export class UnratedItem {
  @Text({ max: 40 })
  category!: string;

  @Text({ max: 60 })
  provider!: string;

  @Text({ max: 120, nullable: true })
  model!: string | null;

  @Text({ max: 40 })
  unit!: string;

  @DecimalText({ description: 'How many units.' })
  quantity!: string;
}

export class UsageEvent {
  @Uuid()
  id!: string;

  @Text({ max: FEATURE_MAX })
  feature!: string;

  @OneOf(USAGE_STATUSES)
  status!: UsageStatus;

  @OneOf(USAGE_SOURCES)
  source!: UsageSource;

  @ListOf(() => UsageItem, { description: 'What was used, each with its price; empty while it is `failed`.' })
  items!: UsageItem[];

  @ListOf(() => UnratedItem, { description: 'What was used when it could not be rated.' })
  unrated!: UnratedItem[];

  @DecimalText()
  quantity!: string;

  @DecimalText({ description: 'Of all its items; 0 while it is `failed`.' })
  cost!: string;

  @Text({ max: 3 })
  currency!: string;

  @Uuid({ nullable: true, description: 'Who caused it.' })
  userId!: string | null;

  @Text({ max: 200, nullable: true, description: 'What it was, e.g. the id of the activity.' })
  externalReferenceId!: string | null;

  @Uuid({ nullable: true, description: 'The debit that paid for it.' })
  ledgerTransactionId!: string | null;

  @Uuid({ nullable: true, description: 'The posting that gave the charge back when it was voided.' })
  reversalTransactionId!: string | null;

  @Uuid({ nullable: true, description: 'The voided usage that this one stands for.' })
  correctsId!: string | null;

  @Uuid({ nullable: true, description: 'The usage that stands for this one since it was voided.' })
  correctedById!: string | null;

  @Text({
    max: 500,
    nullable: true,
    description: 'Why it is `failed`, or why it waits when funds are not it.',
  })
  error!: string | null;

  @Int({ min: 0, description: 'How often it was rated again in vain.' })
  retryCount!: number;

  @Timestamp({ nullable: true, description: 'When it is rated again.' })
  retryAt!: string | null;

  @Timestamp({ nullable: true })
  voidedAt!: string | null;

  @Text({ max: 500, nullable: true })
  voidReason!: string | null;

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

export class GetUsage {
  @Uuid()
  usageEventId!: string;
}

export interface UsageApi {
  /** What was used, newest first. */
  list(ctx: Ctx, input: ListUsage): Promise<Page<UsageEvent>>;
  /** One use, down to its items. @throws AppError `usage.not_found` */
  get(ctx: Ctx, input: GetUsage): Promise<UsageEvent>;
  /** Count, quantity and cost by feature and status. */
  summary(ctx: Ctx, input: SummariseUsage): Promise<UsageSummary>;
}
export const usageApi = defineApi<UsageApi>('billing.usage', {
  list: { input: ListUsage, output: pageOf(UsageEvent), can: 'billing.read', idempotent: true },
  get: { input: GetUsage, output: UsageEvent, can: 'billing.read', idempotent: true },
  summary: { input: SummariseUsage, output: UsageSummary, can: 'billing.read', idempotent: true },
});
