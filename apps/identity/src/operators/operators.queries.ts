/** $1: words, $2: status, $3: the id that the page before ended with. */
export const FIND_TENANTS = `
  SELECT id, name, slug, status, plan_tier AS "planTier", status_reason AS "statusReason", status_changed_at AS "statusChangedAt",
    erase_after AS "eraseAfter", created_at AS "createdAt", members::int
  FROM find_tenants($1, $2, $3, $4)`;

export const FIND_USER = `
  SELECT id, email, is_active AS "isActive", suspended_reason AS "suspendedReason", suspended_at AS "suspendedAt"
  FROM users
  WHERE deleted_at IS NULL AND (email = $1 OR id::text = $1)`;
