export const NEXT_PENDING_USAGE = `
  SELECT id, total_cost AS cost, idempotency_key AS key, feature_key AS feature
  FROM billing_usage_events
  WHERE tenant_id = $1
    AND status = 'pending'
    AND waits_for IS DISTINCT FROM 'quota'
  ORDER BY occurred_at, id
  LIMIT $2`;

/** The oldest usage of each feature that waits for room in its quotas. */
export const USAGE_AWAITING_QUOTA = `
  WITH RECURSIVE feature AS (
    (SELECT feature_key FROM billing_usage_events
     WHERE tenant_id = $1 AND waits_for = 'quota'
     ORDER BY feature_key LIMIT 1)
    UNION ALL
    SELECT (SELECT e.feature_key FROM billing_usage_events e
            WHERE e.tenant_id = $1 AND e.waits_for = 'quota' AND e.feature_key > feature.feature_key
            ORDER BY e.feature_key LIMIT 1)
    FROM feature
    WHERE feature.feature_key IS NOT NULL
  )
  SELECT u.id, u.cost, u.key, feature.feature_key AS feature
  FROM feature
  CROSS JOIN LATERAL (
    SELECT id, total_cost AS cost, idempotency_key AS key, occurred_at
    FROM billing_usage_events
    WHERE tenant_id = $1 AND waits_for = 'quota' AND feature_key = feature.feature_key
    ORDER BY occurred_at, id
    LIMIT $2) u
  WHERE feature.feature_key IS NOT NULL
  ORDER BY u.occurred_at, u.id
  LIMIT $3`;

export const QUEUE_CHARGING = `
  INSERT INTO charge_queue (tenant_id, due_at) VALUES ($1, $2)
  ON CONFLICT (tenant_id) DO UPDATE SET due_at = EXCLUDED.due_at`;

export const UNQUEUE_CHARGING = `DELETE FROM charge_queue WHERE tenant_id = $1`;

export const DUE_FOR_CHARGING = `
  SELECT tenant_id AS "tenantId"
  FROM charge_queue
  WHERE due_at <= $1
  ORDER BY due_at
  LIMIT $2`;

export const POSTPONE_CHARGING = `UPDATE charge_queue SET due_at = $2 WHERE tenant_id = $1`;

/** Late word of a tenant that was erased must not bring rows of it back. */
export const IS_ERASED = `SELECT FROM tenant_erasures WHERE tenant_id = $1`;
