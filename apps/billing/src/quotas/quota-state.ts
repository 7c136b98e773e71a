import type { BillingEntitlement, BillingEntitlements, QuotaAnswer, QuotaPeriod } from '@leadwire/contracts';
import { amount, moneyText, type Amount } from '@leadwire/kernel';
import type { QuotaRow } from './quotas.queries.js';

/** What a tenant without an entitlement for a feature is told. */
export const WITHOUT_QUOTA: QuotaAnswer = { allowed: true, reason: null, overage: false, resetsAt: null };

/** An entitlement at a moment: what was counted in a day or month that is over counts no more. */
function entitlementAt(row: QuotaRow, now: Date): BillingEntitlement {
  const { feature, enabled, allowOverages, overageRate, setAt, setBy, reason } = row;
  const { day, month } = usedAt(row, now);
  return {
    feature,
    enabled,
    day: period(row.dailyQuota, day, nextDay(now)),
    month: period(row.monthlyQuota, month, nextMonth(now)),
    allowOverages,
    overageRate,
    setAt: setAt.toISOString(),
    setBy,
    reason,
  };
}

/** What is used and left of every quota at a moment: a day or month that is over counts no more. */
export function entitlementsAt(rows: QuotaRow[], now: Date): BillingEntitlements {
  return { items: rows.map((row) => entitlementAt(row, now)) };
}

/** Whether so much more has room at a moment, as the posting function would decide it. */
export function answerAt(row: QuotaRow, quantity: string, now: Date): QuotaAnswer {
  if (!row.enabled) return { allowed: false, reason: 'disabled', overage: false, resetsAt: null };
  const { day, month } = usedAt(row, now);
  const fullMonth = exceeds(month, quantity, row.monthlyQuota);
  const fullDay = exceeds(day, quantity, row.dailyQuota);
  if (!fullMonth && !fullDay) return WITHOUT_QUOTA;
  const resetsAt = (fullMonth ? nextMonth(now) : nextDay(now)).toISOString();
  const reason = fullMonth ? 'month' : 'day';
  return { allowed: row.allowOverages, reason, overage: row.allowOverages, resetsAt };
}

function usedAt(row: QuotaRow, now: Date): { day: Amount; month: Amount } {
  const today = now.toISOString().slice(0, 10);
  const thisMonth = `${today.slice(0, 8)}01`;
  return {
    day: amount(row.day >= today ? row.dayUsed : '0'),
    month: amount(row.month >= thisMonth ? row.monthUsed : '0'),
  };
}

function exceeds(used: Amount, quantity: string, quota: string | null): boolean {
  return quota !== null && used.plus(quantity).gt(quota);
}

function period(quota: string | null, used: Amount, resets: Date): QuotaPeriod {
  const rest = quota === null ? null : amount(quota).minus(used);
  const left = rest === null ? null : moneyText(rest.isNegative() ? amount('0') : rest);
  return { quota, used: moneyText(used), left, resetsAt: resets.toISOString() };
}

function nextDay(now: Date): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1));
}

function nextMonth(now: Date): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1));
}
