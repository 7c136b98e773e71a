/** All that decides on a tenant's rights, seen at one moment: one statement has one snapshot of the database. */
export const READ_SNAPSHOT = `
  SELECT t.status, t.plan_tier AS "planTier", v.version,
    (SELECT coalesce(jsonb_object_agg(feature_key, enabled), '{}') FROM tenant_features WHERE tenant_id = t.id) AS features,
    (
      SELECT coalesce(jsonb_object_agg(feature_key, config->'limits'), '{}')
      FROM tenant_features
      WHERE tenant_id = t.id AND config ? 'limits'
    ) AS limits,
    (
      SELECT coalesce(jsonb_object_agg(p.user_id, p.rights), '{}')
      FROM (
        SELECT user_id, jsonb_object_agg(capability_key, enabled) AS rights
        FROM user_capabilities
        WHERE tenant_id = t.id
        GROUP BY user_id
      ) p
    ) AS rights,
    (SELECT coalesce(jsonb_agg(to_jsonb(f)), '[]') FROM feature_flags f WHERE f.tenant_id = t.id) AS flags
  FROM tenants t
  JOIN tenant_entitlements v ON v.tenant_id = t.id
  WHERE t.id = $1`;

export const READ_EVERYBODY = `
  SELECT v.version,
    (SELECT coalesce(jsonb_agg(to_jsonb(f)), '[]') FROM feature_flags f WHERE f.tenant_id IS NULL) AS flags
  FROM global_flags_version v`;

export const TENANT_IDS_AFTER = `SELECT id FROM tenants_with_rights($1, $2) AS id`;

/** Writers of one tenant's rights come one after the other, so that limits hold and versions tell their order. */
export const LOCK_RIGHTS = `SELECT version FROM tenant_entitlements WHERE tenant_id = $1 FOR UPDATE`;
export const RIGHTS_VERSION = `SELECT version FROM tenant_entitlements WHERE tenant_id = $1`;

export const LIST_FEATURES = `
  SELECT t.plan_tier AS "planTier",
    f.feature_key AS key, f.enabled, f.config->>'by' AS "switchedBy", f.config->'limits' AS limits, f.updated_at AS "switchedAt",
    f.created_at AS "firstSwitchedAt",
    (
      SELECT coalesce(jsonb_object_agg(c.feature_key, c.rights), '{}')
      FROM (
        SELECT feature_key, count(*) AS rights
        FROM user_capabilities
        WHERE tenant_id = t.id AND feature_key IS NOT NULL
        GROUP BY feature_key
      ) c
    ) AS "personalRights"
  FROM tenants t
  LEFT JOIN tenant_features f ON f.tenant_id = t.id
  WHERE t.id = $1`;

/** `$6`: its limits; null leaves them as they are. */
export const SWITCH_FEATURE = `
  INSERT INTO tenant_features (id, tenant_id, feature_key, enabled, config)
  VALUES ($1, $2, $3, $4, jsonb_strip_nulls(jsonb_build_object('by', $5::text, 'limits', $6::jsonb)))
  ON CONFLICT (tenant_id, feature_key) DO UPDATE
  SET enabled = EXCLUDED.enabled, config = tenant_features.config || EXCLUDED.config`;

export const MEMBER_ROLE = `
  SELECT role
  FROM memberships
  WHERE tenant_id = $1
    AND user_id = $2
    AND deleted_at IS NULL`;

/** Whoever changes a member's rights and whoever changes their role or removes them wait for each other. */
export const LOCK_MEMBER = `${MEMBER_ROLE} FOR UPDATE`;

export const LIST_PERSONAL_RIGHTS = `
  SELECT capability_key AS capability, enabled, metadata->>'reason' AS reason, metadata->>'changedBy' AS "changedBy",
    updated_at AS "changedAt", created_at AS "personalSince"
  FROM user_capabilities
  WHERE tenant_id = $1
    AND user_id = $2`;

export const FIND_PERSONAL_RIGHT = `${LIST_PERSONAL_RIGHTS} AND capability_key = $3`;

export const COUNT_PERSONAL_RIGHTS = `SELECT count(*)::int AS count FROM user_capabilities WHERE tenant_id = $1`;

export const SET_PERSONAL_RIGHT = `
  INSERT INTO user_capabilities (id, tenant_id, user_id, capability_key, feature_key, enabled, metadata)
  VALUES ($1, $2, $3, $4, $5, $6, $7)
  ON CONFLICT (tenant_id, user_id, capability_key) DO UPDATE
  SET enabled = EXCLUDED.enabled, feature_key = EXCLUDED.feature_key, metadata = EXCLUDED.metadata`;

export const UNSET_PERSONAL_RIGHT = `
  DELETE FROM user_capabilities
  WHERE tenant_id = $1
    AND user_id = $2
    AND capability_key = $3`;

/** Nothing may be denied to an owner: what was, when they were something else, ends. */
export const FREE_OWNER = `
  DELETE FROM user_capabilities c
  USING memberships m
  WHERE c.tenant_id = $1
    AND c.user_id = $2
    AND NOT c.enabled
    AND m.tenant_id = c.tenant_id
    AND m.user_id = c.user_id
    AND m.role = 'owner'`;

const FLAG_COLUMNS = `feature_key AS key, tenant_id AS "tenantId", user_id AS "userId", is_enabled AS enabled, config,
  expires_at AS "expiresAt", created_at AS "createdAt", updated_at AS "updatedAt"`;

export const LIST_FLAGS = `
  SELECT ${FLAG_COLUMNS}
  FROM feature_flags
  WHERE tenant_id = $1
  ORDER BY feature_key, user_id NULLS FIRST
  LIMIT $2`;

export const LIST_GLOBAL_FLAGS = `
  SELECT ${FLAG_COLUMNS}
  FROM feature_flags
  WHERE tenant_id IS NULL
  ORDER BY feature_key
  LIMIT $1`;

export const COUNT_FLAGS = `SELECT count(*)::int AS count FROM feature_flags WHERE tenant_id IS NOT DISTINCT FROM $1::uuid`;

/** `$6` null leaves the configuration as it was; `$8` says whether the expiry is to be set at all. */
export const SET_FLAG = `
  INSERT INTO feature_flags AS f (id, feature_key, tenant_id, user_id, is_enabled, config, expires_at)
  VALUES ($1, $2, $3, $4, $5, coalesce($6::jsonb, '{}'), $7)
  ON CONFLICT (feature_key, tenant_id, user_id) DO UPDATE
  SET is_enabled = EXCLUDED.is_enabled,
    config = coalesce($6::jsonb, f.config),
    expires_at = CASE WHEN $8::boolean THEN EXCLUDED.expires_at ELSE f.expires_at END
  RETURNING ${FLAG_COLUMNS}`;

export const REMOVE_FLAG = `
  DELETE FROM feature_flags
  WHERE feature_key = $1
    AND tenant_id IS NOT DISTINCT FROM $2::uuid
    AND user_id IS NOT DISTINCT FROM $3::uuid`;

/** What lets a transaction write the flags that are for everybody; see the policy `operators`. */
export const ACT_AS_OPERATOR = `SELECT set_config('app.operator', 'flags', true)`;
export const LOCK_GLOBAL_FLAGS = `SELECT version FROM global_flags_version FOR UPDATE`;
