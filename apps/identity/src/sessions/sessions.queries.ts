/** The newest `$2` sessions of a person stay open beside a new one; `$3` is now. */
export const END_SURPLUS = `
  UPDATE sessions
  SET ended_at = $3, end_reason = 'too-many', announced = false, last_answer = NULL
  WHERE id IN (
    SELECT id
    FROM sessions
    WHERE user_id = $1
      AND ended_at IS NULL
    ORDER BY rotated_at DESC
    OFFSET $2
  )`;

export const INSERT_SESSION = `
  INSERT INTO sessions (id, user_id, membership_id, rotated_at, expires_at, user_agent, ip, created_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $4)`;

export const INSERT_TOKEN = `
  INSERT INTO refresh_tokens (token_hash, session_id, generation, created_at)
  VALUES ($1, $2, $3, $4)`;

/**
 * Whoever begins a session still is who they showed to be: a change of password, a suspension or a removal that is under way
 * is waited for, and one that starts later finds this session and ends it.
 */
export const LOCK_PERSON = `
  SELECT u.password_changed_at AS "passwordChangedAt"
  FROM users u
  JOIN memberships m ON m.user_id = u.id
  WHERE m.id = $1
    AND m.deleted_at IS NULL
    AND u.is_active
    AND u.deleted_at IS NULL
  FOR NO KEY UPDATE OF u
  FOR SHARE OF m`;

export const MEMBERSHIP_OF_TOKEN = `
  SELECT s.membership_id
  FROM refresh_tokens r
  JOIN sessions s ON s.id = r.session_id
  WHERE r.token_hash = $1`;

const SESSION_STATE = `s.id AS "sessionId", s.user_id AS "userId", s.membership_id AS "membershipId",
    s.generation AS "sessionGeneration", s.rotated_at AS "rotatedAt", s.expires_at AS "expiresAt", s.ended_at AS "endedAt",
    s.excused_generation AS "excusedGeneration", s.last_answer AS "lastAnswer", s.user_agent AS "userAgent"`;

/**
 * The session's lock makes two uses of one token come one after the other. From here on the transaction sees what the person sees
 * whose token it is.
 */
export const LOCK_BY_TOKEN = `
  SELECT ${SESSION_STATE}, r.generation AS "tokenGeneration", r.created_at AS "tokenCreatedAt",
    set_config('app.user_id', s.user_id::text, true)
  FROM refresh_tokens r
  JOIN sessions s ON s.id = r.session_id
  WHERE r.token_hash = $1
  FOR UPDATE OF s`;

export const LOCK_OPEN_SESSION = `
  SELECT ${SESSION_STATE}
  FROM sessions s
  WHERE s.id = $1
    AND s.user_id = $2
    AND s.ended_at IS NULL
  FOR UPDATE`;

/**
 * A new generation with its token. Tokens from before `$10`, past their idle time, would be refused anyway; left there, a session that
 * never rests would keep thousands.
 */
export const MOVE_ON = `
  WITH moved AS (
    UPDATE sessions
    SET generation = $2, rotated_at = $3, last_answer = $4, excused_generation = $5, membership_id = $6,
      user_agent = coalesce($7, user_agent), ip = coalesce($8, ip)
    WHERE id = $1
  ), swept AS (
    DELETE FROM refresh_tokens WHERE session_id = $1 AND created_at < $10
  )
  INSERT INTO refresh_tokens (token_hash, session_id, generation, created_at)
  VALUES ($9, $1, $2, $3)`;

/** Ends one session of the tenant at hand or of another; the caller announces it where `$5` is its tenant. */
export const END_SESSION = `
  UPDATE sessions s
  SET ended_at = $3, end_reason = $4, last_answer = NULL,
    announced = s.membership_id IN (SELECT m.id FROM memberships m WHERE m.tenant_id = $5 AND m.user_id = $2)
  WHERE s.id = $1
    AND s.user_id = $2
    AND s.ended_at IS NULL
  RETURNING s.id, s.announced`;

/** Ends a person's sessions, all or those of one tenant ($6), except one ($5); announced here are those of tenant $4. */
export const END_SESSIONS = `
  UPDATE sessions s
  SET ended_at = $2, end_reason = $3, last_answer = NULL,
    announced = s.membership_id IN (SELECT m.id FROM memberships m WHERE m.tenant_id = $4 AND m.user_id = $1)
  WHERE s.user_id = $1
    AND s.ended_at IS NULL
    AND ($5::uuid IS NULL OR s.id <> $5)
    AND ($6::uuid IS NULL OR s.membership_id IN (SELECT m.id FROM memberships m WHERE m.tenant_id = $6 AND m.user_id = $1))
  RETURNING s.id, s.announced`;

export const OPEN_SESSIONS = `
  SELECT s.id, s.user_agent AS "userAgent", s.ip, s.created_at AS "createdAt", s.rotated_at AS "lastSeenAt"
  FROM sessions s
  WHERE s.user_id = $1
    AND s.ended_at IS NULL
    AND s.expires_at > $2
    AND s.rotated_at >= $3
  ORDER BY s.rotated_at DESC, s.id
  LIMIT $4`;

/** People who have sessions whose end nobody was told of yet. */
export const UNANNOUNCED_PEOPLE = `SELECT DISTINCT user_id AS "userId" FROM sessions WHERE NOT announced LIMIT $1`;

export const UNANNOUNCED_TENANTS = `
  SELECT DISTINCT m.tenant_id AS "tenantId"
  FROM sessions s
  JOIN memberships m ON m.id = s.membership_id
  WHERE s.user_id = $1
    AND NOT s.announced`;

export const ANNOUNCE = `
  UPDATE sessions s
  SET announced = true
  WHERE s.user_id = $1
    AND NOT s.announced
    AND s.membership_id IN (SELECT m.id FROM memberships m WHERE m.tenant_id = $2 AND m.user_id = $1)
  RETURNING s.id, s.end_reason AS reason`;

/** Answers that nobody may ask for again hold live tokens: sealed, but better gone. */
export const FORGET_ANSWERS = `
  UPDATE sessions
  SET last_answer = NULL
  WHERE id IN (
    SELECT id
    FROM sessions
    WHERE last_answer IS NOT NULL
      AND rotated_at < $1
    ORDER BY rotated_at
    LIMIT $2
    FOR UPDATE SKIP LOCKED
  )`;

/** Sessions of one person that ended, ran out or went idle before `$2` ($3: the idle time in seconds); tokens go with them. */
export const SWEEP_SESSIONS = `
  DELETE FROM sessions
  WHERE user_id = $1 AND announced AND least(ended_at, expires_at, rotated_at + make_interval(secs => $3)) < $2`;
