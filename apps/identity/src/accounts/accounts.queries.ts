import { TENANT_COLUMNS, USER_COLUMNS } from './standing.js';

export const EMAIL_TAKEN = `SELECT FROM users WHERE email = $1`;

/** And whether they were at the network `$2` since `$3`. */
export const FIND_CREDENTIALS = `
  SELECT id, password_hash AS "passwordHash", EXISTS (
    SELECT FROM known_networks n WHERE n.user_id = u.id AND n.network_hash = $2 AND n.last_seen_at > $3) AS "knowsNetwork"
  FROM users u
  WHERE email = $1 AND is_active AND deleted_at IS NULL`;

export const FIND_EMAIL = `SELECT email FROM users WHERE id = $1 AND is_active AND deleted_at IS NULL`;

/** Lets the transaction see where this user belongs, and nothing else; see the policies `own_memberships`, `own_tenants`. */
export const ACT_AS_USER = `SELECT set_config('app.user_id', $1, true)`;

/** A person in one of their teams, whatever the team's status. */
const STANDING_ANYWHERE = `
  SELECT m.id AS "membershipId", m.role, ${USER_COLUMNS}, ${TENANT_COLUMNS}
  FROM memberships m
  JOIN users u ON u.id = m.user_id AND u.is_active AND u.deleted_at IS NULL
  JOIN tenants t ON t.id = m.tenant_id
  WHERE m.deleted_at IS NULL`;

export const STANDING_ANY_STATUS = `${STANDING_ANYWHERE} AND t.deleted_at IS NULL`;

const STANDING = `${STANDING_ANY_STATUS} AND t.status = 'active'`;

export const STANDING_IN_TENANT = `${STANDING} AND m.tenant_id = $1 AND m.user_id = $2`;

/** The same person as `me` shows them; `$3` is now. */
export const ME = STANDING_IN_TENANT.replace(
  'SELECT ',
  `SELECT (SELECT c.new_email FROM email_changes c WHERE c.user_id = u.id AND c.expires_at > $3) AS "pendingEmail", `,
);

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

/** Of the person that the transaction acts as. */
export const TENANTS_OF_PERSON = `SELECT tenant_id AS "tenantId" FROM memberships WHERE user_id = $1 AND deleted_at IS NULL`;
