export const INSERT_SESSION = `
  INSERT INTO sessions (id, user_id, membership_id, rotated_at, expires_at)
  VALUES ($1, $2, $3, $4, $5)`;

export const INSERT_TOKEN = `
  INSERT INTO refresh_tokens (token_hash, session_id, generation, created_at)
  VALUES ($1, $2, $3, $4)`;

/** The session's lock makes two uses of one token come one after the other. */
export const LOCK_BY_TOKEN = `
  SELECT s.id AS "sessionId", s.user_id AS "userId", s.generation AS "sessionGeneration", s.rotated_at AS "rotatedAt",
    s.expires_at AS "expiresAt", s.ended_at AS "endedAt", r.generation AS "tokenGeneration", r.created_at AS "tokenCreatedAt"
  FROM refresh_tokens r
  JOIN sessions s ON s.id = r.session_id
  WHERE r.token_hash = $1
  FOR UPDATE OF s`;

export const MOVE_ON = `UPDATE sessions SET generation = $2, rotated_at = $3 WHERE id = $1`;

/** Tokens past their idle time would be refused anyway; without this a session that never rests keeps thousands. */
export const SWEEP_TOKENS = `DELETE FROM refresh_tokens WHERE session_id = $1 AND created_at < $2`;

export const END_SESSION = `
  UPDATE sessions
  SET ended_at = $3, end_reason = $4
  WHERE id = $1 AND user_id = $2 AND ended_at IS NULL`;

/** Sessions of one person that ended, ran out or went idle before `$2` ($3: the idle time in seconds); tokens go with them. */
export const SWEEP_SESSIONS = `
  DELETE FROM sessions
  WHERE user_id = $1 AND least(ended_at, expires_at, rotated_at + make_interval(secs => $3)) < $2`;
