import { amount, moneyText, roundMoney } from '@leadwire/kernel';
import type { UsageItem } from '@leadwire/contracts';
import type { TenantDb } from '@leadwire/persistence';

const QUOTA_TIMES = `
  SELECT id, quota_at::text AS at
  FROM billing_usage_events
  WHERE tenant_id = $1 AND id = ANY ($2::uuid[]) AND quota_at IS NOT NULL`;
const SUCCESSORS = `
  SELECT corrects_id AS corrected, id
  FROM billing_usage_events
  WHERE tenant_id = $1 AND corrects_id = ANY ($2::uuid[])`;

/** When uses were counted for the quota of their feature; ask before they are voided, which forgets it. */
export async function quotaTimesOf(db: TenantDb, ids: string[]): Promise<Map<string, string>> {
  const rows = await db.query<{ id: string; at: string }>(QUOTA_TIMES, [db.tenantId, ids]);
  return new Map(rows.map(({ id, at }) => [id, at]));
}

/** The uses that stand for voided ones. */
export async function successorsOf(db: TenantDb, ids: string[]): Promise<Map<string, string>> {
  const rows = await db.query<{ corrected: string; id: string }>(SUCCESSORS, [db.tenantId, ids]);
  return new Map(rows.map(({ corrected, id }) => [corrected, id]));
}

/**
 * What of a corrected use lies above its quota: as much more or less than before as was really used, at the same rate.
 * @param quantity what was really used, of all items
 */
export function overageAfter(items: UsageItem[], quantity: string): UsageItem[] {
  const before = items
    .filter(({ scheme }) => scheme !== 'overage')
    .reduce((sum, item) => sum.add(item.quantity), amount('0'));
  return items.flatMap((item) => {
    if (item.scheme !== 'overage') return [];
    const over = amount(item.quantity).add(quantity).sub(before);
    const units = over.gt(quantity) ? amount(quantity) : over;
    if (units.lte(0)) return [];
    const exact = units.mul(item.unitPrice);
    return [
      { ...item, quantity: units.toFixed(), cost: moneyText(roundMoney(exact)), exactCost: exact.toFixed() },
    ];
  });
}
