import { USER_COLUMNS } from '../accounts/standing.js';

const ALIVE = `u.is_active AND u.deleted_at IS NULL`;

export const LOCK_PERSON = `SELECT ${USER_COLUMNS} FROM users u WHERE u.id = $1 AND ${ALIVE} FOR NO KEY UPDATE`;

/** A phone number that is another has to be confirmed again. */
export const UPDATE_PERSON = `
  UPDATE users u
  SET first_name = $2, last_name = $3, phone_verified = phone_verified AND phone IS NOT DISTINCT FROM $4, phone = $4,
    primary_tenant_id = $5, metadata = $6
  WHERE u.id = $1
  RETURNING ${USER_COLUMNS}`;

/** Asked as the person, who sees all their own memberships. */
export const BELONGS_TO = `
  SELECT FROM memberships m WHERE m.user_id = $1 AND m.tenant_id = $2 AND m.deleted_at IS NULL`;

/** Only as long as it is still the number that the code went to. */
export const VERIFY_PHONE = `UPDATE users u SET phone_verified = true WHERE u.id = $1 AND u.phone = $2 AND ${ALIVE}`;

export const LOCK_AVATAR = `SELECT u.avatar_key AS "avatarKey" FROM users u WHERE u.id = $1 AND ${ALIVE} FOR NO KEY UPDATE`;

export const SET_AVATAR = `
  UPDATE users u
  SET avatar_key = $2, avatar_type = $3, avatar_url = $4
  WHERE u.id = $1
  RETURNING ${USER_COLUMNS}`;

/** The picture of somebody in the caller's team. */
export const FIND_AVATAR = `
  SELECT u.avatar_key AS "objectKey", u.avatar_type AS "contentType"
  FROM memberships m
  JOIN users u ON u.id = m.user_id AND ${ALIVE}
  WHERE m.tenant_id = $1 AND m.user_id = $2 AND m.deleted_at IS NULL AND u.avatar_key IS NOT NULL`;
