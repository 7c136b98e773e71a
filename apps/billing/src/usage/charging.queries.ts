/** Every validity of one entry of the price list that touches the span of a batch. */
export const PRICES_OF_ITEM = `
  SELECT id, tenant_id IS NOT NULL AS own, category, provider, model, unit, unit_price AS "unitPrice",
         effective_from AS "effectiveFrom", effective_to AS "effectiveTo"
  FROM billing_pricing_catalog
  WHERE (tenant_id = $1 OR tenant_id IS NULL)
    AND category = $2
    AND provider = $3
    AND model IS NOT DISTINCT FROM $4
    AND unit = $5
    AND is_active
    AND effective_from <= $7
    AND (effective_to IS NULL OR effective_to > $6)`;

export const KNOWN_USAGE = `
  SELECT key
  FROM unnest($2::varchar[]) AS asked (key)
  WHERE EXISTS (
    SELECT FROM billing_usage_events u
    WHERE u.tenant_id = $1 AND u.idempotency_key = asked.key
    OFFSET 0)`;

export const INSERT_USAGE = `
  INSERT INTO billing_usage_events (
    id, tenant_id, wallet_id, user_id, feature_key, usage_items, total_quantity, total_cost, currency, status,
    ledger_transaction_id, charged_at, idempotency_key, external_reference_id, occurred_at, metadata)
  SELECT id, $1, $2, user_id, feature, items, quantity, cost, $3,
         CASE WHEN ledger_id IS NULL THEN 'pending' ELSE 'charged' END,
         ledger_id, CASE WHEN ledger_id IS NOT NULL THEN $4::timestamptz END, key, reference, occurred_at, metadata
  FROM unnest($5::uuid[], $6::uuid[], $7::varchar[], $8::jsonb[], $9::numeric[], $10::numeric[], $11::uuid[], $12::varchar[],
              $13::varchar[], $14::timestamptz[], $15::jsonb[])
    AS u (id, user_id, feature, items, quantity, cost, ledger_id, key, reference, occurred_at, metadata)`;

export const NEXT_PENDING_USAGE = `
  SELECT id, total_cost AS cost, idempotency_key AS key, feature_key AS feature
  FROM billing_usage_events
  WHERE tenant_id = $1
    AND status = 'pending'
  ORDER BY occurred_at, id
  LIMIT $2`;

export const MARK_CHARGED = `
  UPDATE billing_usage_events u
  SET status = 'charged', ledger_transaction_id = paid.ledger_id, charged_at = $4
  FROM unnest($2::uuid[], $3::uuid[]) AS paid (id, ledger_id)
  WHERE u.tenant_id = $1
    AND u.id = paid.id`;

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
