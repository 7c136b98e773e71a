import type { ListUsage, UnratedItem, UsageItem } from '@leadwire/contracts';

export type UsageRow = {
  id: string;
  feature: string;
  status: string;
  source: string;
  items: UsageItem[] | UnratedItem[];
  quantity: string;
  cost: string;
  currency: string;
  userId: string | null;
  externalReferenceId: string | null;
  ledgerTransactionId: string | null;
  reversalTransactionId: string | null;
  correctsId: string | null;
  correctedById: string | null;
  error: string | null;
  retryCount: number;
  retryAt: Date | null;
  voidedAt: Date | null;
  voidReason: string | null;
  metadata: Record<string, unknown>;
  occurredAt: Date;
  chargedAt: Date | null;
  /** `occurredAt` to the microsecond, which a Date would lose. */
  position: string;
};

export const USAGE_COLUMNS = `
  u.id, u.feature_key AS feature, u.status, u.source, u.usage_items AS items, u.total_quantity AS quantity, u.total_cost AS cost,
  u.currency, u.user_id AS "userId", u.external_reference_id AS "externalReferenceId",
  u.ledger_transaction_id AS "ledgerTransactionId", u.reversal_transaction_id AS "reversalTransactionId",
  u.corrects_id AS "correctsId",
  (SELECT c.id FROM billing_usage_events c WHERE c.tenant_id = u.tenant_id AND c.corrects_id = u.id) AS "correctedById",
  u.error_message AS error, u.retry_count AS "retryCount", u.retry_at AS "retryAt", u.voided_at AS "voidedAt",
  u.void_reason AS "voidReason", u.metadata, u.occurred_at AS "occurredAt", u.charged_at AS "chargedAt",
  u.occurred_at::text AS position`;

export const GET_USAGE = `SELECT ${USAGE_COLUMNS} FROM billing_usage_events u WHERE u.tenant_id = $1 AND u.id = $2`;

/** The uses that stand under some keys. */
export const USAGE_BY_KEYS = `
  SELECT asked.key, u.id, u.status, u.error_message AS error
  FROM unnest($2::varchar[]) AS asked (key)
  CROSS JOIN LATERAL (
    SELECT e.id, e.status, e.error_message
    FROM billing_usage_events e
    WHERE e.tenant_id = $1 AND e.idempotency_key = asked.key
    OFFSET 0
  ) u`;

/** Newest first. `$3`, `$4`: where the last page ended. */
export function listUsage({ status, feature, from, to }: ListUsage): { sql: string; filters: unknown[] } {
  const filters: unknown[] = [];
  const where: string[] = [];
  const bind = (condition: string, value: unknown) =>
    where.push(`AND ${condition} $${filters.push(value) + 4}`);
  if (status === 'pending') where.push(`AND u.status = 'pending'`);
  else if (status !== undefined) bind('u.status =', status);
  if (feature !== undefined) bind('u.feature_key =', feature);
  if (from !== undefined) bind('u.occurred_at >=', from);
  if (to !== undefined) bind('u.occurred_at <', to);
  const sql = `
    SELECT ${USAGE_COLUMNS}
    FROM billing_usage_events u
    WHERE u.tenant_id = $1
      AND ($3::timestamptz IS NULL OR (u.occurred_at, u.id) < ($3::timestamptz, $4::uuid))
      ${where.join('\n      ')}
    ORDER BY u.occurred_at DESC, u.id DESC
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
