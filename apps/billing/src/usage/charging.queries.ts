export const NEXT_PENDING_USAGE = `
  SELECT id, total_cost AS cost, idempotency_key AS key, feature_key AS feature
  FROM billing_usage_events
  WHERE tenant_id = $1
    AND status = 'pending'
  ORDER BY occurred_at, id
  LIMIT $2`;

export const QUEUE_CHARGING = `
  INSERT INTO charge_queue (tenant_id) VALUES ($1)
  ON CONFLICT (tenant_id) DO UPDATE SET due_at = clock_timestamp()`;

export const UNQUEUE_CHARGING = `DELETE FROM charge_queue WHERE tenant_id = $1`;

export const DUE_TENANTS = `
  SELECT tenant_id AS "tenantId"
  FROM charge_queue
  WHERE due_at <= clock_timestamp()
  ORDER BY due_at
  LIMIT $1`;

export const POSTPONE_CHARGING = `
  UPDATE charge_queue
  SET due_at = clock_timestamp() + make_interval(secs => $2)
  WHERE tenant_id = $1`;

/** What fails first is tried first. */
export const QUEUE_RETRY = `
  INSERT INTO usage_retries AS known (tenant_id, due_at) VALUES ($1, $2)
  ON CONFLICT (tenant_id) DO UPDATE SET due_at = least(known.due_at, excluded.due_at)`;

/** Late word of a tenant that was erased must not bring rows of it back. */
export const IS_ERASED = `SELECT FROM tenant_erasures WHERE tenant_id = $1`;

export const SUCCESSOR_OF = `SELECT id FROM billing_usage_events WHERE tenant_id = $1 AND corrects_id = $2`;
