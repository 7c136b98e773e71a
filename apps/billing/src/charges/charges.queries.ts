import type { UsageItem } from '@leadwire/contracts';

/** Every wallet that anything was posted to; `$1`: the tenant where the last page ended. */
export const BILLED_TENANTS = `
  SELECT DISTINCT tenant_id AS "tenantId"
  FROM wallet_upkeep
  WHERE $1::uuid IS NULL OR tenant_id > $1
  ORDER BY tenant_id
  LIMIT $2`;

export type ChargedUse = {
  id: string;
  items: UsageItem[];
  cost: string;
  currency: string;
  occurredAt: Date;
  position: string;
};

/** Rated usage, oldest first; `$4`, `$5`: where the last page ended. */
export const CHARGED_USES = `
  SELECT id, usage_items AS items, total_cost AS cost, currency, occurred_at AS "occurredAt", occurred_at::text AS position
  FROM billing_usage_events
  WHERE tenant_id = $1
    AND (status IN ('pending', 'charged') OR reversal_transaction_id IS NOT NULL)
    AND ($2::timestamptz IS NULL OR occurred_at >= $2)
    AND ($3::timestamptz IS NULL OR occurred_at < $3)
    AND ($4::timestamptz IS NULL OR (occurred_at, id) > ($4::timestamptz, $5::uuid))
  ORDER BY occurred_at, id
  LIMIT $6`;
