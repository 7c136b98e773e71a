/** Nothing when they are suspended already: the reason of the first suspension stays until it is lifted. */
export const SUSPEND_USER = `
  UPDATE users
  SET is_active = false, suspended_reason = $2, suspended_at = $3, standing_version = standing_version + 1
  WHERE id = $1 AND is_active AND deleted_at IS NULL`;

export const REINSTATE_USER = `
  UPDATE users
  SET is_active = true, suspended_reason = NULL, suspended_at = NULL, standing_version = standing_version + 1
  WHERE id = $1 AND NOT is_active AND deleted_at IS NULL`;

/** Every team of the person that the transaction acts as has to be told. */
export const NOTE_UNTOLD = `
  INSERT INTO untold_standings (membership_id, user_id)
  SELECT id, user_id FROM memberships WHERE user_id = $1 AND deleted_at IS NULL
  ON CONFLICT (membership_id) DO NOTHING`;

export const UNTOLD_PEOPLE = `SELECT DISTINCT user_id AS "userId" FROM untold_standings LIMIT $1`;

/** Of the person that the transaction acts as. */
export const UNTOLD_TENANTS = `
  SELECT m.tenant_id AS "tenantId"
  FROM untold_standings u
  JOIN memberships m ON m.id = u.membership_id
  WHERE u.user_id = $1`;

/** Whoever changes it meanwhile notes the team once more, after us. */
export const LOCK_STANDING = `
  SELECT is_active AS "isActive", standing_version AS version
  FROM users
  WHERE id = $1
  FOR SHARE`;

export const TAKE_UNTOLD = `
  DELETE FROM untold_standings
  WHERE user_id = $2
    AND membership_id IN (SELECT id FROM memberships WHERE tenant_id = $1 AND user_id = $2)`;
