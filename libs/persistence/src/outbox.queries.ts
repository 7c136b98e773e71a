export const INSERT_EVENTS = `
  INSERT INTO domain_events (id, tenant_id, event_type, aggregate_type, aggregate_id, payload, metadata)
  SELECT e.id, $2, e.event_type, e.aggregate_type, e.aggregate_id, e.payload, e.metadata
  FROM unnest($1::uuid[], $3::varchar[], $4::varchar[], $5::uuid[], $6::jsonb[], $7::jsonb[])
    WITH ORDINALITY AS e (id, event_type, aggregate_type, aggregate_id, payload, metadata, position)
  ORDER BY e.position`;

// payload and metadata stay text: the relay passes them on without reading them.
const EVENT_COLUMNS = `
  id, seq, tenant_id AS "tenantId", event_type AS type, aggregate_id AS "aggregateId", payload::text AS payload,
  metadata, retry_count AS "retryCount", to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "occurredAt"`;

/** The next pending events in order, but none of an aggregate that waits for an earlier one. */
export const NEXT_PENDING = `
  SELECT ${EVENT_COLUMNS}
  FROM domain_events
  WHERE NOT processed
    AND NOT (aggregate_id = ANY ($2::uuid[]))
  ORDER BY seq
  LIMIT $1`;

export const MARK_PROCESSED = `
  UPDATE domain_events
  SET processed = true, processed_at = now()
  WHERE id = ANY ($1::uuid[])`;

export const COUNT_RETRY = `
  UPDATE domain_events
  SET retry_count = retry_count + 1
  WHERE id = ANY ($1::uuid[])`;

export const OUTBOX_DEPTH = `
  SELECT count(*)::int AS pending, coalesce(extract(epoch FROM now() - min(created_at)), 0)::float AS "oldestSeconds"
  FROM (SELECT created_at FROM domain_events WHERE NOT processed ORDER BY seq LIMIT 100000) AS waiting`;

/** Processed events of a range, for publishing them again. */
export const REPLAY_RANGE = `
  SELECT ${EVENT_COLUMNS}
  FROM domain_events
  WHERE seq > $1
    AND processed
    AND created_at >= $2
    AND created_at < $3
    AND ($4::varchar IS NULL OR event_type = $4)
    AND ($5::uuid IS NULL OR tenant_id = $5)
  ORDER BY seq
  LIMIT $6`;
