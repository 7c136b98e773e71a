/**
 * Counts a try under each key, unless one of them still has to wait: then under none. Counting comes before the work, so tries
 * that are sent at once do not all get through. The wait after try n doubles from the `free`-th on. Keys come sorted, so that
 * two requests never wait for each other.
 */
export const CLAIM_TRIES = `
  WITH wanted AS (
    SELECT *
    FROM unnest($1::bytea[], $2::int[], $3::int[], $4::int[], $5::timestamptz[])
      AS w (key_hash, free, first_wait, wait_max, forget_at)),
  waiting AS (
    SELECT FROM throttles t JOIN wanted w USING (key_hash) WHERE t.blocked_until > $6::timestamptz)
  INSERT INTO throttles AS t (key_hash, tries, blocked_until, last_try_at, forget_at)
  SELECT w.key_hash, 1, $6::timestamptz + make_interval(secs => CASE WHEN w.free > 1 THEN 0 ELSE w.first_wait END),
    $6::timestamptz, w.forget_at
  FROM wanted w
  WHERE NOT EXISTS (SELECT FROM waiting)
  ORDER BY w.key_hash
  ON CONFLICT (key_hash) DO UPDATE
  SET (tries, blocked_until, last_try_at, forget_at) = (
    SELECT next.n,
      $6::timestamptz + make_interval(secs => CASE WHEN next.n < w.free THEN 0
        ELSE least(w.wait_max, w.first_wait * 2 ^ least(next.n - w.free, 20)) END),
      $6::timestamptz, w.forget_at
    FROM wanted w, (SELECT CASE WHEN t.forget_at <= $6::timestamptz THEN 1 ELSE t.tries + 1 END AS n) next
    WHERE w.key_hash = t.key_hash)
  WHERE t.blocked_until <= $6::timestamptz
  RETURNING t.key_hash`;

export const WAITING_UNTIL = `SELECT max(blocked_until) AS until FROM throttles WHERE key_hash = ANY ($1)`;

/** Takes one try back: it was no guess. */
export const FORGIVE_TRY = `
  UPDATE throttles
  SET tries = greatest(tries - 1, 0), blocked_until = least(blocked_until, $2)
  WHERE key_hash = ANY ($1)`;

export const CLEAR_TRIES = `DELETE FROM throttles WHERE key_hash = $1`;

/** A sweep takes more of the forgotten ones than the tries since the last one added: the table cannot outgrow a day of tries. */
export const SWEEP_TRIES = `
  DELETE FROM throttles
  WHERE key_hash IN (
    SELECT key_hash FROM throttles WHERE forget_at < $1 ORDER BY forget_at LIMIT 64 FOR UPDATE SKIP LOCKED)`;

/** Exact to a day: a log-in from the usual place writes nothing. */
export const REMEMBER_NETWORKS = `
  INSERT INTO known_networks (user_id, network_hash, last_seen_at)
  SELECT $1, unnest($2::bytea[]), $3::timestamptz
  ON CONFLICT (user_id, network_hash) DO UPDATE
  SET last_seen_at = excluded.last_seen_at
  WHERE known_networks.last_seen_at < excluded.last_seen_at - interval '1 day'`;

export const FORGET_NETWORKS = `
  DELETE FROM known_networks
  WHERE user_id = $1 AND network_hash NOT IN (
    SELECT network_hash FROM known_networks WHERE user_id = $1 AND last_seen_at > $2 ORDER BY last_seen_at DESC LIMIT $3)`;
