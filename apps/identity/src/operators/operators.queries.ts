/** $1: words, $2: status, $3: the id that the page before ended with. */
export const FIND_TENANTS = `
  SELECT id, name, slug, status, plan_tier AS "planTier", status_reason AS "statusReason", status_changed_at AS "statusChangedAt",
    erase_after AS "eraseAfter", created_at AS "createdAt", members::int
  FROM find_tenants($1, $2, $3, $4)`;

const USER = `id, email, is_active AS "isActive", suspended_reason AS "suspendedReason", suspended_at AS "suspendedAt"`;

export const FIND_USER = `SELECT ${USER} FROM users WHERE deleted_at IS NULL AND (email = $1 OR id::text = $1)`;

/** The reason of the first suspension stays until it is lifted. */
export const SUSPEND_USER = `
  UPDATE users
  SET is_active = false, suspended_reason = coalesce(suspended_reason, $2), suspended_at = coalesce(suspended_at, $3)
  WHERE id = $1 AND deleted_at IS NULL
  RETURNING ${USER}`;

export const REINSTATE_USER = `
  UPDATE users
  SET is_active = true, suspended_reason = NULL, suspended_at = NULL
  WHERE id = $1 AND deleted_at IS NULL
  RETURNING ${USER}`;
