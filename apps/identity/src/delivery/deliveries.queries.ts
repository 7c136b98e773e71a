export const INSERT_DELIVERY = `
  INSERT INTO deliveries (id, channel, template, payload, next_attempt_at, expires_at)
  VALUES ($1, $2, $3, $4, $5, $6)`;

/**
 * Takes due rows until `$2`; whoever dies with them leaves them to others from then on. `unfinished` counts starts without an
 * end: a row is started again once, and not a third time.
 */
export const CLAIM_DELIVERIES = `
  WITH due AS MATERIALIZED (
    SELECT id
    FROM deliveries
    WHERE state = 'waiting' AND next_attempt_at <= $1 AND expires_at > $1 AND unfinished < $3 AND channel = ANY ($4)
    ORDER BY next_attempt_at
    LIMIT $5
    FOR UPDATE SKIP LOCKED)
  UPDATE deliveries d
  SET unfinished = unfinished + 1, next_attempt_at = $2
  FROM due
  WHERE d.id = due.id
  RETURNING d.id, d.channel, d.template, d.payload, d.attempts`;

/** What came too late, or was started as often as it may be without ever ending. */
export const GIVE_UP_HOPELESS = `
  UPDATE deliveries
  SET state = 'given-up', payload = NULL, settled_at = $1
  WHERE state = 'waiting' AND next_attempt_at <= $1 AND (expires_at <= $1 OR unfinished >= $2)
  RETURNING id, channel, template`;

export const SETTLE_DELIVERY = `
  UPDATE deliveries
  SET state = $2, payload = NULL, settled_at = $3
  WHERE id = $1 AND state = 'waiting'`;

export const PUT_OFF_DELIVERY = `
  UPDATE deliveries
  SET attempts = attempts + 1, unfinished = 0, next_attempt_at = $2
  WHERE id = $1 AND state = 'waiting'`;

export const SWEEP_DELIVERIES = `
  DELETE FROM deliveries
  WHERE id IN (SELECT id FROM deliveries WHERE state <> 'waiting' AND settled_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)`;
