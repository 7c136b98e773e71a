const COLUMNS = `k.id, k.user_id AS "userId", k.name, k.prefix, k.scopes, k.ip_allow::text[] AS "ipAllow",
    k.rate_per_second AS "ratePerSecond", k.expires_at AS "expiresAt", k.overlap_until AS "overlapUntil",
    k.revoked_at AS "revokedAt", k.rotated_from AS "rotatedFrom", k.last_used_at AS "lastUsedAt", k.created_at AS "createdAt"`;

const LIVE_AT = (moment: string) => `k.revoked_at IS NULL AND k.expires_at > ${moment}`;

/** One maker of keys at a time per tenant, so that nobody gets past the bounds by asking twice at once. */
export const LOCK_KEYS_OF_TENANT = `SELECT pg_advisory_xact_lock(hashtextextended('api-keys|' || $1::text, 0))`;

/** Held until the commit: whoever removes the member waits, and then finds the key. */
export const HOLD_OWNER = `
  SELECT u.email, t.name AS "tenantName"
  FROM memberships m
  JOIN users u ON u.id = m.user_id AND u.is_active AND u.deleted_at IS NULL
  JOIN tenants t ON t.id = m.tenant_id
  WHERE m.tenant_id = $1 AND m.user_id = $2 AND m.deleted_at IS NULL
  FOR SHARE OF m`;

/** Keys that are neither ended nor replaced count against the bounds; replaced ones that still work count apart. */
export const COUNT_LIVE = `
  SELECT count(*) FILTER (WHERE k.overlap_until IS NULL)::int AS "ofTenant",
    count(*) FILTER (WHERE k.user_id = $2 AND k.overlap_until IS NULL)::int AS "ofUser",
    count(*) FILTER (WHERE k.user_id = $2 AND k.overlap_until > $3)::int AS "retiring"
  FROM api_keys k
  WHERE k.tenant_id = $1 AND ${LIVE_AT('$3::timestamptz')}`;

/** Forgets what ended before $3, and of what ended later all but the newest $4 of a member. */
export const SWEEP_ENDED = `
  DELETE FROM api_keys
  WHERE tenant_id = $1
    AND id IN (
      SELECT ended.id
      FROM (
        SELECT k.id, least(k.revoked_at, k.overlap_until, k.expires_at) AS at,
          row_number() OVER (ORDER BY k.id DESC) AS place
        FROM api_keys k
        WHERE k.tenant_id = $1 AND k.user_id = $2
          AND least(k.revoked_at, k.overlap_until, k.expires_at) <= $5::timestamptz
      ) ended
      WHERE ended.at < $3::timestamptz OR ended.place > $4
    )`;

export const INSERT_KEY = `
  INSERT INTO api_keys AS k (id, tenant_id, user_id, name, prefix, secret_hash, scopes, ip_allow, rate_per_second, expires_at,
    rotated_from, created_at, updated_at)
  SELECT $1, $2, $3, $4, $5, $6, $7,
    (SELECT coalesce(array_agg(DISTINCT network(given::inet)), '{}') FROM unnest($8::text[]) given), $9, $10, $11, $12, $12
  ON CONFLICT (prefix) DO NOTHING
  RETURNING ${COLUMNS}`;

/** Newest first, before the key $4 unless that is null; of the member $2 unless that is null. */
export const LIST_KEYS = `
  SELECT ${COLUMNS}
  FROM api_keys k
  WHERE k.tenant_id = $1
    AND ($2::uuid IS NULL OR k.user_id = $2)
    AND k.id < coalesce($4::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
  ORDER BY k.id DESC
  LIMIT $3`;

export const FIND_KEY = `SELECT ${COLUMNS} FROM api_keys k WHERE k.tenant_id = $1 AND k.id = $2`;

export const LOCK_KEY = `${FIND_KEY} FOR UPDATE`;

export const UPDATE_KEY = `
  UPDATE api_keys k
  SET name = $3, scopes = $4, rate_per_second = $6,
    ip_allow = (SELECT coalesce(array_agg(DISTINCT network(given::inet)), '{}') FROM unnest($5::text[]) given)
  WHERE k.tenant_id = $1 AND k.id = $2
  RETURNING ${COLUMNS}`;

export const RETIRE_KEY = `
  UPDATE api_keys k
  SET overlap_until = $3
  WHERE k.tenant_id = $1 AND k.id = $2
  RETURNING ${COLUMNS}`;

export const REVOKE_KEY = `
  UPDATE api_keys
  SET revoked_at = $3, revoke_reason = $4
  WHERE tenant_id = $1 AND id = $2`;

/** All keys that a member made before leaving at $5: who comes back finds none of them working, and may make new ones at once. */
export const REVOKE_KEYS_OF_MEMBER = `
  UPDATE api_keys
  SET revoked_at = $3, revoke_reason = $4
  WHERE tenant_id = $1 AND user_id = $2 AND revoked_at IS NULL AND created_at <= $5
  RETURNING id`;

export const LIVE_KEYS_OF_MEMBER = `
  SELECT ${COLUMNS}
  FROM api_keys k
  WHERE k.tenant_id = $1 AND k.user_id = $2 AND ${LIVE_AT('$3::timestamptz')}`;

export const TENANT_OF_PREFIX = `SELECT tenant_of_api_key($1) AS "tenantId"`;

export const NOTE_USE = `SELECT note_api_key_use($1, $2)`;

/** For whom the key acts now: no role when its owner has left or is switched off. */
export const STANDING_OF_KEY = `
  SELECT ${COLUMNS}, k.secret_hash AS "secretHash", t.status AS "tenantStatus",
    CASE WHEN u.is_active AND u.deleted_at IS NULL THEN m.role END AS role
  FROM api_keys k
  JOIN tenants t ON t.id = k.tenant_id AND t.deleted_at IS NULL
  LEFT JOIN memberships m ON m.tenant_id = k.tenant_id AND m.user_id = k.user_id AND m.deleted_at IS NULL
  LEFT JOIN users u ON u.id = m.user_id
  WHERE k.tenant_id = $1 AND k.prefix = $2`;
