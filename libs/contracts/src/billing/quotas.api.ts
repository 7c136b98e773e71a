import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { Bool, DecimalText, ListOf, Nested, OneOf, Text, Timestamp } from '../define/fields.js';
import { Nothing } from '../define/page.js';
import { TenantRef } from '../identity/tenants.api.js';
import { FEATURE_KEY_MAX } from './reservations.api.js';

/** The most features of a team that have an entitlement. */
export const ENTITLED_FEATURES_MAX = 100;
const FEATURE = { min: 1, max: FEATURE_KEY_MAX, pattern: /^[a-z0-9][a-z0-9._-]*$/, example: 'campaigns' };

/** Who sets what a team may use. */
export const QUOTA_SETTERS = ['operator'] as const;
export type QuotaSetter = (typeof QUOTA_SETTERS)[number];
const QUOTA_REASON_MAX = 500;

/** One quota of a feature and how much of it is used. */
export class QuotaPeriod {
  @DecimalText({ nullable: true, description: 'Null: without a limit.' })
  quota!: string | null;

  @DecimalText()
  used!: string;

  @DecimalText({ nullable: true, description: 'Null: without a limit.' })
  left!: string | null;

  @Timestamp({ description: 'When it begins anew: days and months are those of UTC.' })
  resetsAt!: string;
}

/** What a team may use of a feature. */
export class BillingEntitlement {
  @Text({ max: FEATURE_KEY_MAX })
  feature!: string;

  @Bool({ description: 'False: nothing new starts, and usage waits.' })
  enabled!: boolean;

  @Nested(() => QuotaPeriod)
  day!: QuotaPeriod;

  @Nested(() => QuotaPeriod)
  month!: QuotaPeriod;

  @Bool({ description: 'Whether more than the quota may be used.' })
  allowOverages!: boolean;

  @DecimalText({
    scale: 10,
    nullable: true,
    description: 'What each unit above a quota costs on top of its price, in the currency of the wallet.',
  })
  overageRate!: string | null;

  @Timestamp({ description: 'When it was set like this.' })
  setAt!: string;

  @OneOf(QUOTA_SETTERS, { nullable: true, description: 'Who set it; null where that was not kept yet.' })
  setBy!: QuotaSetter | null;

  @Text({ max: QUOTA_REASON_MAX, nullable: true, description: 'Why, if whoever set it said so.' })
  reason!: string | null;
}

export class BillingEntitlements {
  @ListOf(() => BillingEntitlement, { items: ENTITLED_FEATURES_MAX })
  items!: BillingEntitlement[];
}

export class CheckQuota {
  @Text(FEATURE)
  feature!: string;

  @DecimalText({ optional: true, description: '1 unless told.' })
  quantity?: string;
}

export const QUOTA_REASONS = ['disabled', 'day', 'month'] as const;
export type QuotaReason = (typeof QUOTA_REASONS)[number];

/** Whether there is room right now. It promises nothing: only what is authorised or recorded is counted. */
export class QuotaAnswer {
  @Bool()
  allowed!: boolean;

  @OneOf(QUOTA_REASONS, {
    nullable: true,
    description: 'What has no room, or is used up where more is allowed.',
  })
  reason!: QuotaReason | null;

  @Bool({ description: 'Whether it would be above a quota that allows more.' })
  overage!: boolean;

  @Timestamp({ nullable: true, description: 'When what has no room begins anew.' })
  resetsAt!: string | null;
}

/** What is not named stays as it is; null takes a limit away. */
export class SetQuota extends TenantRef {
  @Text(FEATURE)
  feature!: string;

  @Bool({ optional: true })
  enabled?: boolean;

  @DecimalText({ optional: true, nullable: true })
  monthlyQuota?: string | null;

  @DecimalText({ optional: true, nullable: true })
  dailyQuota?: string | null;

  @Bool({ optional: true })
  allowOverages?: boolean;

  @DecimalText({ optional: true, nullable: true, scale: 10, description: 'Needs `allowOverages`.' })
  overageRate?: string | null;

  @Text({
    min: 1,
    max: QUOTA_REASON_MAX,
    pattern: /\S/,
    optional: true,
    description: 'Why; the team sees it. Kept until it is set again.',
  })
  reason?: string;
}

export interface QuotasApi {
  /** What the team may use, with what is used and left. */
  list(ctx: Ctx, input: Nothing): Promise<BillingEntitlements>;
  /** For other services, before they start something; answered from memory where it was asked before. */
  check(ctx: Ctx, input: CheckQuota): Promise<QuotaAnswer>;
}
export const quotasApi = defineApi<QuotasApi>('billing.quotas', {
  list: { input: Nothing, output: BillingEntitlements, can: 'billing.read', idempotent: true },
  check: { input: CheckQuota, output: QuotaAnswer, can: 'system', idempotent: true },
});

/** What only those may ask who run the platform; no route leads here. */
export interface QuotaOperatorsApi {
  list(ctx: Ctx, input: TenantRef): Promise<BillingEntitlements>;
  /** @throws AppError `wallet.not_found` | `quota.too_many` | `request.invalid` */
  set(ctx: Ctx, input: SetQuota): Promise<BillingEntitlements>;
}
export const quotaOperatorsApi = defineApi<QuotaOperatorsApi>('billing.quota-operators', {
  list: { input: TenantRef, output: BillingEntitlements, can: 'system', idempotent: true },
  set: { input: SetQuota, output: BillingEntitlements, can: 'system', idempotent: true },
});
