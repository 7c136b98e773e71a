export const INSERT_LOG_IN = `
  INSERT INTO oidc_log_ins (id, state_hash, handle_hash, provider_key, sealed, expires_at)
  VALUES ($1, $2, $3, $4, $5, $6)`;

/** Taking it is using it up. Who does not have its handle takes nothing, and leaves it to whom it belongs. */
export const TAKE_LOG_IN = `
  DELETE FROM oidc_log_ins
  WHERE state_hash = $1 AND handle_hash = $2
  RETURNING id, provider_key AS "providerKey", sealed, expires_at AS "expiresAt"`;

/** Each start sweeps more than it adds, and a job sweeps what is left: the table holds little more than ten minutes of them. */
export const SWEEP_LOG_INS = `
  DELETE FROM oidc_log_ins
  WHERE id IN (SELECT id FROM oidc_log_ins WHERE expires_at < $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)`;

export const INSERT_TICKET = `
  INSERT INTO oidc_tickets (id, token_hash, sealed, expires_at)
  VALUES ($1, $2, $3, $4)`;

export const FIND_TICKET = `
  SELECT id, sealed
  FROM oidc_tickets
  WHERE token_hash = $1 AND expires_at > $2`;

export const TAKE_TICKET = `
  DELETE FROM oidc_tickets
  WHERE token_hash = $1 AND expires_at > $2
  RETURNING id, sealed`;

export const SWEEP_TICKETS = `
  DELETE FROM oidc_tickets
  WHERE id IN (SELECT id FROM oidc_tickets WHERE expires_at < $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)`;

const IDENTITY = `id, provider AS issuer, provider_data AS data, created_at AS "linkedAt",
  updated_at AS "updatedAt", last_used_at AS "lastUsedAt"`;

export const FIND_IDENTITY = `
  SELECT id, user_id AS "userId"
  FROM user_identities
  WHERE provider = $1 AND provider_user_id = $2`;

export const LIST_IDENTITIES = `
  SELECT ${IDENTITY}
  FROM user_identities
  WHERE user_id = $1
  ORDER BY created_at, id`;

/** Two links and unlinks of one person come one after the other: each counts what the other left. */
export const LOCK_USER = `
  SELECT email, password_hash IS NOT NULL AS "hasPassword"
  FROM users
  WHERE id = $1 AND is_active AND deleted_at IS NULL
  FOR UPDATE`;

/** A statement after the lock, since one's own snapshot is older than what the other committed. */
export const COUNT_IDENTITIES = `SELECT count(*)::int AS identities FROM user_identities WHERE user_id = $1`;

export const INSERT_IDENTITY = `
  INSERT INTO user_identities (id, user_id, provider, provider_user_id, provider_data)
  VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (provider, provider_user_id) DO NOTHING`;

export const GET_IDENTITY = `
  SELECT ${IDENTITY}
  FROM user_identities
  WHERE id = $1`;

/** What a log-in brought. A provider that gives a refresh token only the first time does not take it back by giving none. */
export const KEEP_TOKENS = `
  UPDATE user_identities
  SET access_token = $3,
    refresh_token = coalesce($4, refresh_token),
    token_expires_at = $5,
    refresh_at = CASE WHEN coalesce($4, refresh_token) IS NULL THEN NULL ELSE $6::timestamptz END,
    refresh_failures = 0,
    provider_data = $7,
    last_used_at = coalesce($8, last_used_at)
  WHERE id = $1 AND user_id = $2`;

export const DELETE_IDENTITY = `
  DELETE FROM user_identities
  WHERE id = $1 AND user_id = $2
  RETURNING provider AS issuer, provider_data AS data, access_token AS "accessToken", refresh_token AS "refreshToken",
    token_expires_at AS "expiresAt"`;

export const SESSION_BEGAN = `
  SELECT created_at AS "beganAt"
  FROM sessions
  WHERE id = $1 AND user_id = $2 AND ended_at IS NULL`;

/** Takes what is due of active people for `$2`: a process that dies with it leaves it to the next after that time. */
export const CLAIM_DUE = `
  UPDATE user_identities
  SET refresh_at = $2
  WHERE id IN (
    SELECT i.id
    FROM user_identities i
    JOIN users u ON u.id = i.user_id AND u.is_active
    WHERE i.refresh_at <= $1
    ORDER BY i.refresh_at
    LIMIT $3
    FOR UPDATE OF i SKIP LOCKED)
  RETURNING id, provider_user_id AS subject, provider_data AS data, refresh_token AS "sealedRefreshToken",
    refresh_failures AS failures`;

/** Only onto the tokens that were renewed: a log-in meanwhile has brought newer ones. */
export const KEEP_RENEWED = `
  UPDATE user_identities
  SET access_token = $3, refresh_token = coalesce($4, refresh_token), token_expires_at = $5, refresh_at = $6, refresh_failures = 0
  WHERE id = $1 AND refresh_token = $2`;

export const FORGET_TOKENS = `
  UPDATE user_identities
  SET access_token = NULL, refresh_token = NULL, token_expires_at = NULL, refresh_at = NULL
  WHERE id = $1 AND refresh_token = $2`;

export const POSTPONE_RENEWAL = `
  UPDATE user_identities
  SET refresh_failures = refresh_failures + 1, refresh_at = $3
  WHERE id = $1 AND refresh_token = $2`;
