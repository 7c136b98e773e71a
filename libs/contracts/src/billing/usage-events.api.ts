import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { DecimalText, JsonObject, ListOf, Nested, OneOf, Text, Timestamp, Uuid } from '../define/fields.js';
import { PRICE_CATEGORIES, PRICE_UNITS, type PriceCategory, type PriceUnit } from './price-terms.js';
import { FEATURE_MAX, UsageEvent } from './usage.api.js';

/** Uses of one request. */
export const USAGE_BATCH_MAX = 500;
const ITEMS_MAX = 20;
const KEY_MAX = 200;
/** The most units of one item; with any price of the list its cost still fits into a wallet. */
export const USAGE_QUANTITY_MAX = '1000000000';
/** How late a use may be reported, and how far ahead of our clock its own may be. */
export const USAGE_LATE_MAX_DAYS = 90;
export const USAGE_EARLY_MAX_MINUTES = 5;
const METADATA_BYTES_MAX = 2_048;

export class UsedItem {
  @OneOf(PRICE_CATEGORIES)
  category!: PriceCategory;

  @Text({ min: 1, max: 60, example: 'smtp' })
  provider!: string;

  @Text({ min: 1, max: 120, optional: true, nullable: true, description: 'As it stands in the price list.' })
  model?: string | null;

  @OneOf(PRICE_UNITS)
  unit!: PriceUnit;

  @DecimalText({ description: `How many units: more than 0, at most ${USAGE_QUANTITY_MAX}.`, example: '1' })
  quantity!: string;
}

export class ReportedUsage {
  @Text({
    min: 1,
    max: KEY_MAX,
    description: 'Of all uses of a team with one key, one is recorded, for ever.',
    example: 'call-118',
  })
  key!: string;

  @Text({ min: 1, max: FEATURE_MAX, pattern: /^[a-z0-9][a-z0-9._-]*$/, example: 'voice-agent' })
  feature!: string;

  @ListOf(() => UsedItem, { min: 1, items: ITEMS_MAX })
  items!: UsedItem[];

  @Timestamp({
    description: `When it was used: the price of that moment applies. At most ${USAGE_LATE_MAX_DAYS} days ago.`,
  })
  occurredAt!: string;

  @Text({ min: 1, max: 200, optional: true, description: 'What it was, e.g. the id of the call.' })
  reference?: string;

  @Uuid({ optional: true, description: 'Who caused it.' })
  userId?: string;

  @JsonObject({
    optional: true,
    maxBytes: METADATA_BYTES_MAX,
    description: 'What it belongs to; `campaignId` is analysed.',
  })
  metadata?: Record<string, unknown>;
}

export class RecordUsage {
  @ListOf(() => ReportedUsage, { min: 1, items: USAGE_BATCH_MAX })
  events!: ReportedUsage[];
}

/**
 * `charged` was recorded and debited, `pending` waits for funds or for room in a quota, `failed` for a price; `duplicate` was recorded before from the same
 * input; `conflict` was not recorded, for its key stands for another use; `closed` was not, for the team's wallet is closed for good.
 */
export const USAGE_OUTCOMES = ['charged', 'pending', 'failed', 'duplicate', 'conflict', 'closed'] as const;
export type UsageOutcome = (typeof USAGE_OUTCOMES)[number];

export class RecordedUsage {
  @Text({ max: KEY_MAX })
  key!: string;

  @OneOf(USAGE_OUTCOMES)
  outcome!: UsageOutcome;

  @Uuid({ nullable: true, description: 'Of the use that stands under the key; null when none does.' })
  usageEventId!: string | null;

  @Text({ max: 500, nullable: true, description: 'Why it failed, or which quota has no room for it.' })
  error!: string | null;
}

export class UsageRecorded {
  @ListOf(() => RecordedUsage, { items: USAGE_BATCH_MAX, description: 'In the order of the request.' })
  items!: RecordedUsage[];
}

const REASON = { min: 1, max: 500, description: 'Why; kept with the use and its posting.' };

export class VoidUsage {
  @Uuid()
  usageEventId!: string;

  @Text(REASON)
  reason!: string;
}

export class CorrectUsage {
  @Uuid()
  usageEventId!: string;

  @Text(REASON)
  reason!: string;

  @ListOf(() => UsedItem, { min: 1, items: ITEMS_MAX, description: 'What was really used, all of it.' })
  items!: UsedItem[];
}

export class UsageCorrection {
  @Nested(() => UsageEvent, { description: 'As it was, voided now.' })
  voided!: UsageEvent;

  @Nested(() => UsageEvent, { description: 'What stands for it, at the price of the same moment.' })
  replacement!: UsageEvent;
}

export interface UsageEventsApi {
  /** Records uses and charges them as far as funds go; each is answered on its own. @throws AppError `request.invalid` */
  record(ctx: Ctx, input: RecordUsage): Promise<UsageRecorded>;
  /**
   * Ends a use for good; what it was charged is given back, once.
   * @throws AppError `usage.not_found` | `usage.voided` | `usage.not_reported` | `wallet.frozen` | `wallet.full`
   */
  void(ctx: Ctx, input: VoidUsage): Promise<UsageEvent>;
  /** Voids a use and records what it really was. @throws AppError as {@link void}, `request.invalid` */
  correct(ctx: Ctx, input: CorrectUsage): Promise<UsageCorrection>;
}
export const usageEventsApi = defineApi<UsageEventsApi>('billing.usage-events', {
  record: { input: RecordUsage, output: UsageRecorded, can: 'billing.usage', idempotent: true },
  void: { input: VoidUsage, output: UsageEvent, can: 'billing.usage', idempotent: true },
  correct: { input: CorrectUsage, output: UsageCorrection, can: 'billing.usage', idempotent: true },
});
