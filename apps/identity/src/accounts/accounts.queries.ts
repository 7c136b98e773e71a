import { TENANT_COLUMNS } from './standing.js';

export const EMAIL_TAKEN = `SELECT FROM users WHERE email = $1`;

export const FIND_CREDENTIALS = `
  SELECT id, password_hash AS "passwordHash"
  FROM users
  WHERE email = $1 AND is_active AND deleted_at IS NULL`;

export const FIND_EMAIL = `SELECT email FROM users WHERE id = $1 AND is_active AND deleted_at IS NULL`;

/** Lets the transaction see where this user belongs, and nothing else; see the policies `own_memberships`, `own_tenants`. */
export const ACT_AS_USER = `SELECT set_config('app.user_id', $1, true)`;

/** A person in one of their teams, whatever the team's status. */
const STANDING_ANYWHERE = `
  SELECT m.id AS "membershipId", m.role, u.id AS "userId", u.email AS "userEmail", u.first_name AS "firstName",
    u.last_name AS "lastName", u.phone AS "userPhone", u.avatar_url AS "avatarUrl", u.email_verified AS "emailVerified",
    u.last_login_at AS "lastLoginAt", u.created_at AS "userCreatedAt", ${TENANT_COLUMNS}
  FROM memberships m
  JOIN users u ON u.id = m.user_id AND u.is_active AND u.deleted_at IS NULL
  JOIN tenants t ON t.id = m.tenant_id
  WHERE m.deleted_at IS NULL`;

export const STANDING_ANY_STATUS = `${STANDING_ANYWHERE} AND t.deleted_at IS NULL`;

const STANDING = `${STANDING_ANY_STATUS} AND t.status = 'active'`;

export const STANDING_IN_TENANT = `${STANDING} AND m.tenant_id = $1 AND m.user_id = $2`;

/**
 * The team that was asked for by id or slug, else the person's first choice, else the one they joined first; one that is not
 * active only when there is no other, so that it can be said why it is closed to them.
 */
export const STANDING_FOR_LOG_IN = `${STANDING_ANYWHERE} AND m.user_id = $1
    AND ($2::uuid IS NULL OR t.id = $2)
    AND ($3::text IS NULL OR t.slug = $3)
  ORDER BY (t.status = 'active') DESC, (t.id = u.primary_tenant_id) IS TRUE DESC, m.created_at, m.id
  LIMIT 1`;

export const INSERT_TENANT = `
  INSERT INTO tenants (id, name, slug)
  VALUES ($1, $2, $3)
  ON CONFLICT (slug) DO NOTHING`;

export const INSERT_USER = `
  INSERT INTO users (id, email, password_hash, first_name, last_name, primary_tenant_id, email_verified, last_login_at,
    password_changed_at)
  VALUES ($1, $2, $3::text, $4, $5, $6, $7, $8::timestamptz, CASE WHEN $3::text IS NOT NULL THEN $8::timestamptz END)`;

export const INSERT_MEMBERSHIP = `
  INSERT INTO memberships (id, tenant_id, user_id, role)
  VALUES ($1, $2, $3, $4)`;

export const TOUCH_LAST_LOG_IN = `UPDATE users SET last_login_at = $2 WHERE id = $1`;

/**
 * Counts an attempt before its password is checked, so that guesses sent at once are not all checked. No row: blocked. The wait
 * after attempt n doubles from the `$4`th on, up to `$5` seconds; attempts older than `$3` are forgotten.
 */
export const CLAIM_ATTEMPT = `
  INSERT INTO log_in_attempts AS a (email_hash, attempts, blocked_until, last_attempt_at)
  VALUES ($1, 1, $2, $2)
  ON CONFLICT (email_hash) DO UPDATE
  SET (attempts, blocked_until, last_attempt_at) = (
    SELECT next.n,
      $2::timestamptz + CASE WHEN next.n < $4::int THEN interval '0'
        ELSE make_interval(secs => least($5::int, 2 ^ least(next.n - $4::int, 20))) END,
      $2::timestamptz
    FROM (SELECT CASE WHEN a.last_attempt_at < $3::timestamptz THEN 1 ELSE a.attempts + 1 END AS n) next)
  WHERE a.blocked_until <= $2::timestamptz
  RETURNING attempts`;

export const BLOCKED_UNTIL = `SELECT blocked_until AS "blockedUntil" FROM log_in_attempts WHERE email_hash = $1`;

export const CLEAR_ATTEMPTS = `DELETE FROM log_in_attempts WHERE email_hash = $1`;

/** Each attempt sweeps a few of the forgotten ones, more than it adds: the table cannot outgrow a day of attempts for long. */
export const SWEEP_ATTEMPTS = `
  DELETE FROM log_in_attempts
  WHERE email_hash IN (
    SELECT email_hash FROM log_in_attempts WHERE last_attempt_at < $1 ORDER BY last_attempt_at LIMIT 5 FOR UPDATE SKIP LOCKED)`;
