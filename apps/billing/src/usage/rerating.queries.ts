import type { UsageItem, UsageSource } from '@leadwire/contracts';

export type RatedUseRow = {
  id: string;
  feature: string;
  status: 'pending' | 'charged';
  items: UsageItem[];
  cost: string;
  currency: string;
  userId: string | null;
  reference: string | null;
  source: UsageSource;
  occurredAt: Date;
  metadata: Record<string, unknown>;
  /** To the microsecond, which a Date would lose. */
  position: string;
};

/**
 * Usage of a span in the order in which it happened, as it was when `$4` was. `$5`, `$6`: where the last page ended. What took the
 * place of an earlier page's is not read again.
 */
export const RATED_USES = `
  SELECT id, feature_key AS feature, status, usage_items AS items, total_cost AS cost, currency, user_id AS "userId",
         external_reference_id AS reference, source, occurred_at AS "occurredAt", metadata, occurred_at::text AS position
  FROM billing_usage_events
  WHERE tenant_id = $1
    AND status IN ('pending', 'charged')
    AND occurred_at >= $2
    AND occurred_at < $3
    AND created_at < $4
    AND ($5::timestamptz IS NULL OR (occurred_at, id) > ($5::timestamptz, $6::uuid))
  ORDER BY occurred_at, id
  LIMIT $7`;
