/** $2: now, $3: when its data goes. */
export const CLOSE_TENANT = `
  UPDATE tenants t
  SET status = 'closed', deleted_at = $2, erase_after = $3, status_changed_at = $2, version = version + 1
  WHERE t.id = $1
  RETURNING t.name, t.plan_tier AS "planTier", t.version`;

export const RESTORE_TENANT = `
  UPDATE tenants t
  SET status = 'active', deleted_at = NULL, erase_after = NULL, status_changed_at = $2, version = version + 1
  WHERE t.id = $1
  RETURNING t.name, t.plan_tier AS "planTier", t.version`;

export const ERASE_AFTER = `SELECT erase_after AS "eraseAfter" FROM tenants WHERE id = $1`;

export const OWNERS = `
  SELECT u.email
  FROM memberships m
  JOIN users u ON u.id = m.user_id
  WHERE m.tenant_id = $1 AND m.role = 'owner' AND m.deleted_at IS NULL AND u.is_active AND u.deleted_at IS NULL
  ORDER BY m.id
  LIMIT $2`;

export const TENANTS_TO_ERASE = `SELECT tenants_to_erase AS "tenantId" FROM tenants_to_erase($1, $2)`;

export const IS_NOTED = `SELECT FROM tenant_erasures WHERE tenant_id = $1`;

export const LOCK_DUE = `
  SELECT version, deleted_at AS "closedAt"
  FROM tenants
  WHERE id = $1 AND status = 'closed' AND erase_after <= $2
  FOR UPDATE`;

/** People who were ever in the team. */
export const PEOPLE_OF_TEAM = `SELECT user_id AS id FROM memberships WHERE tenant_id = $1 AND user_id > $2 ORDER BY user_id LIMIT $3`;

/** Waits for whoever joins another team at this moment. */
export const LOCK_USER = `SELECT FROM users WHERE id = $1 AND deleted_at IS NULL FOR UPDATE`;

/** Needs `app.user_id`: their memberships, wherever they are. */
export const OTHER_TEAMS = `
  SELECT
  FROM memberships
  WHERE user_id = $1 AND tenant_id <> $2 AND deleted_at IS NULL
  LIMIT 1`;

/** Tables that hold something of a person and name no tenant: sessions, identities, tokens, and what comes after them. */
export const TABLES_OF_PEOPLE = `
  SELECT child.relname AS name, a.attname AS "column"
  FROM pg_constraint f
  JOIN pg_class child ON child.oid = f.conrelid
  JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = f.conkey[1]
  WHERE f.contype = 'f'
    AND f.confrelid = 'users'::regclass
    AND cardinality(f.conkey) = 1
    AND NOT EXISTS (
      SELECT FROM pg_attribute t WHERE t.attrelid = f.conrelid AND t.attname = 'tenant_id' AND NOT t.attisdropped)`;

export const COLUMNS_OF_USERS = `
  SELECT attname AS name
  FROM pg_attribute
  WHERE attrelid = 'users'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
    AND attname NOT IN ('id', 'email', 'is_active', 'created_at', 'updated_at', 'deleted_at')`;

export const END_SESSIONS_OF_TEAM = `
  DELETE FROM sessions
  WHERE membership_id IN (SELECT id FROM memberships WHERE tenant_id = $1)`;

export const FORGET_PRIMARY_TEAM = `UPDATE users SET primary_tenant_id = NULL WHERE primary_tenant_id = $1`;

export const DELETE_TENANT = `DELETE FROM tenants WHERE id = $1`;
