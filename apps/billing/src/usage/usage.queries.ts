import type { ListUsage, UsageItem } from '@leadwire/contracts';

export type UsageRow = {
  id: string;
  feature: string;
  status: string;
  items: UsageItem[];
  quantity: string;
  cost: string;
  currency: string;
  userId: string | null;
  externalReferenceId: string | null;
  ledgerTransactionId: string | null;
  metadata: Record<string, unknown>;
  occurredAt: Date;
  chargedAt: Date | null;
  /** `occurredAt` to the microsecond, which a Date would lose. */
  position: string;
};

/** Newest first. `$3`, `$4`: where the last page ended. */
export function listUsage({ status, feature, from, to }: ListUsage): { sql: string; filters: unknown[] } {
  const filters: unknown[] = [];
  const where: string[] = [];
  const bind = (condition: string, value: unknown) =>
    where.push(`AND ${condition} $${filters.push(value) + 4}`);
  if (status === 'pending') where.push(`AND status = 'pending'`);
  else if (status !== undefined) bind('status =', status);
  if (feature !== undefined) bind('feature_key =', feature);
  if (from !== undefined) bind('occurred_at >=', from);
  if (to !== undefined) bind('occurred_at <', to);
  const sql = `
    SELECT id, feature_key AS feature, status, usage_items AS items, total_quantity AS quantity, total_cost AS cost, currency,
           user_id AS "userId", external_reference_id AS "externalReferenceId",
           ledger_transaction_id AS "ledgerTransactionId", metadata, occurred_at AS "occurredAt", charged_at AS "chargedAt",
           occurred_at::text AS position
    FROM billing_usage_events
    WHERE tenant_id = $1
      AND ($3::timestamptz IS NULL OR (occurred_at, id) < ($3::timestamptz, $4::uuid))
      ${where.join('\n      ')}
    ORDER BY occurred_at DESC, id DESC
    LIMIT $2`;
  return { sql, filters };
}

export const SUMMARISE_USAGE = `
  SELECT feature_key AS feature, status, currency, count(*)::int AS count,
         sum(total_quantity) AS quantity, sum(total_cost) AS cost
  FROM billing_usage_events
  WHERE tenant_id = $1
    AND ($2::varchar IS NULL OR feature_key = $2)
    AND ($3::timestamptz IS NULL OR occurred_at >= $3)
    AND ($4::timestamptz IS NULL OR occurred_at < $4)
  GROUP BY feature_key, status, currency
  ORDER BY feature_key, status, currency`;
