import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { DecimalText, Int, OneOf, Text, Timestamp, Uuid } from '../define/fields.js';
import { pageOf, PageRequest, type Page } from '../define/page.js';
import { PRICE_CATEGORIES, type PriceCategory } from './price-terms.js';
import { FEATURE_MAX } from './usage.api.js';

/** What usage can be grouped by. Category, provider and model are an item's: a use with several counts in each. */
export const USAGE_GROUPS = [
  'feature',
  'category',
  'provider',
  'model',
  'user',
  'campaign',
  'day',
  'month',
] as const;
export type UsageGroup = (typeof USAGE_GROUPS)[number];

export const USAGE_INTERVALS = ['day', 'month'] as const;
export type UsageInterval = (typeof USAGE_INTERVALS)[number];

/** The longest time that one question may span, and what is looked at unless told. */
export const ANALYTICS_DAYS_MAX = 366;
export const ANALYTICS_DAYS = 30;

export class AnalyseUsage extends PageRequest {
  @OneOf(USAGE_GROUPS)
  groupBy!: UsageGroup;

  @OneOf(USAGE_INTERVALS, { optional: true, description: 'Splits each group by days or months, in UTC.' })
  interval?: UsageInterval;

  @Timestamp({
    optional: true,
    description: `Used at or after; ${ANALYTICS_DAYS} days before \`to\` unless told.`,
  })
  from?: string;

  @Timestamp({
    optional: true,
    description: `Used before; now unless told. At most ${ANALYTICS_DAYS_MAX} days after \`from\`.`,
  })
  to?: string;

  @Text({ min: 1, max: FEATURE_MAX, optional: true, example: 'campaigns' })
  feature?: string;

  @OneOf(PRICE_CATEGORIES, { optional: true })
  category?: PriceCategory;

  @Text({ min: 1, max: 60, optional: true })
  provider?: string;

  @Uuid({ optional: true, description: 'Who caused it.' })
  userId?: string;

  @Text({ min: 1, max: 100, optional: true, description: 'The campaign that it belongs to.' })
  campaignId?: string;
}

/** What was used and what it cost, of one group and interval. What was voided is not in it. */
export class UsageGroupLine {
  @Text({
    max: 200,
    nullable: true,
    description: 'The feature, the id of the user, the day …; null without one.',
  })
  key!: string | null;

  @Timestamp({ nullable: true, description: 'Begin of the interval; null unless asked for.' })
  period!: string | null;

  @Int({ min: 0, description: 'Uses, or items where items are grouped.' })
  count!: number;

  @Int({ min: 0, description: 'How many of them wait for a price; they cost nothing yet.' })
  failed!: number;

  @DecimalText()
  quantity!: string;

  @DecimalText({ description: 'In all: what was charged and what waits for funds.' })
  cost!: string;

  @DecimalText()
  charged!: string;

  @DecimalText()
  pending!: string;

  @Text({ max: 3 })
  currency!: string;
}

export interface UsageAnalyticsApi {
  /** Usage by group, within each interval the dearest first. @throws AppError `request.invalid` */
  analyse(ctx: Ctx, input: AnalyseUsage): Promise<Page<UsageGroupLine>>;
}
export const usageAnalyticsApi = defineApi<UsageAnalyticsApi>('billing.usage-analytics', {
  analyse: { input: AnalyseUsage, output: pageOf(UsageGroupLine), can: 'billing.read', idempotent: true },
});
