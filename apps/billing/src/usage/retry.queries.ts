import type { UnratedItem, UsageSource } from '@leadwire/contracts';

/** What fails first is tried first. */
export const QUEUE_RETRY = `
  INSERT INTO usage_retries AS known (tenant_id, due_at) VALUES ($1, $2)
  ON CONFLICT (tenant_id) DO UPDATE SET due_at = least(known.due_at, excluded.due_at)`;

export const DUE_RETRIES = `
  SELECT tenant_id AS "tenantId"
  FROM usage_retries
  WHERE due_at <= $1
  ORDER BY due_at
  LIMIT $2`;

export const POSTPONE_RETRY = `UPDATE usage_retries SET due_at = $2 WHERE tenant_id = $1`;

/** Every tenant with usage that failed, in the order of their ids. */
export const TENANTS_TO_RETRY = `
  SELECT tenant_id AS "tenantId"
  FROM usage_retries
  WHERE $1::uuid IS NULL OR tenant_id > $1
  ORDER BY tenant_id
  LIMIT $2`;

export type FailedUsageRow = {
  id: string;
  key: string;
  feature: string;
  items: UnratedItem[];
  userId: string | null;
  reference: string | null;
  source: UsageSource;
  occurredAt: Date;
  metadata: Record<string, unknown>;
  retryCount: number;
};

export const FAILED_USAGE = `
  SELECT id, idempotency_key AS key, feature_key AS feature, usage_items AS items, user_id AS "userId",
         external_reference_id AS reference, source, occurred_at AS "occurredAt", metadata, retry_count AS "retryCount"
  FROM billing_usage_events
  WHERE tenant_id = $1
    AND status = 'failed'
    AND retry_at <= $2
  ORDER BY retry_at, id
  LIMIT $3`;

export const NOTE_RETRIES = `
  UPDATE billing_usage_events e
  SET retry_count = e.retry_count + 1, error_message = again.error, retry_at = again.retry_at
  FROM unnest($2::uuid[], $3::text[], $4::timestamptz[]) AS again (id, error, retry_at)
  WHERE e.tenant_id = $1
    AND e.id = again.id
    AND e.status = 'failed'`;

export const RETRY_NOW = `
  UPDATE billing_usage_events
  SET retry_at = $2
  WHERE tenant_id = $1
    AND status = 'failed'
    AND retry_at > $2`;

/** The tenant's next retry, or none. */
export const REQUEUE_RETRY = `
  WITH next AS (
    SELECT min(retry_at) AS due_at FROM billing_usage_events WHERE tenant_id = $1 AND status = 'failed'
  ), done AS (
    DELETE FROM usage_retries WHERE tenant_id = $1 AND (SELECT due_at FROM next) IS NULL
  )
  UPDATE usage_retries SET due_at = next.due_at
  FROM next
  WHERE tenant_id = $1 AND next.due_at IS NOT NULL`;
