import { TENANT_COLUMNS } from '../accounts/standing.js';

const DETAILS = `${TENANT_COLUMNS}, t.metadata, t.version, t.slug_changed_at AS "slugChangedAt",
  t.status_reason AS "statusReason"`;

export const FIND_TENANT = `SELECT ${DETAILS} FROM tenants t WHERE t.id = $1 AND t.deleted_at IS NULL`;

export const LOCK_TENANT = `${FIND_TENANT} FOR NO KEY UPDATE`;

/** Closed ones too. Who changes members, roles, status or invitations of a team takes it first: one such change at a time. */
export const LOCK_ANY_TENANT = `SELECT ${DETAILS} FROM tenants t WHERE t.id = $1 FOR NO KEY UPDATE`;

export const UPDATE_TENANT = `
  UPDATE tenants t
  SET name = $2, email = $3, phone = $4, website = $5, metadata = $6, slug = $7, slug_changed_at = $8, version = version + 1
  WHERE t.id = $1
  RETURNING ${DETAILS}`;

/** $2: status, $3: plan, $4: reason, $5: now. */
export const SET_STANDING = `
  UPDATE tenants t
  SET status = $2::varchar, plan_tier = $3, status_reason = $4,
    status_changed_at = CASE WHEN t.status = $2::varchar THEN t.status_changed_at ELSE $5::timestamptz END, version = version + 1
  WHERE t.id = $1
  RETURNING ${DETAILS}`;

export const LOCK_PERSON = `SELECT FROM users WHERE id = $1 AND is_active AND deleted_at IS NULL FOR UPDATE`;

/** Needs `app.user_id`: a person's own memberships, wherever they are. */
export const COUNT_OWNED_TEAMS = `
  SELECT count(*)::int AS owned
  FROM memberships
  WHERE user_id = $1 AND role = 'owner' AND deleted_at IS NULL`;

/** Needs `app.user_id`. $2: the membership that the page before ended with. */
export const MY_TEAMS = `
  SELECT m.id AS "membershipId", m.role, coalesce(m.joined_at, m.created_at) AS "joinedAt", t.id, t.name, t.slug, t.status,
    t.erase_after AS "eraseAfter"
  FROM memberships m
  JOIN tenants t ON t.id = m.tenant_id
  WHERE m.user_id = $1 AND m.deleted_at IS NULL AND ($2::uuid IS NULL OR m.id > $2)
  ORDER BY m.id
  LIMIT $3`;
