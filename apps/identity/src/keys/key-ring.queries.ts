export const LOCK_KEYS = `SELECT pg_advisory_xact_lock(hashtextextended('identity:signing-keys', 0))`;

export const LIST_KEYS = `
  SELECT id, state, published_at AS "publishedAt", activated_at AS "activatedAt", retiring_at AS "retiringAt"
  FROM signing_keys
  ORDER BY published_at DESC, id DESC
  LIMIT 100`;

export const ACTIVE_KEY = `SELECT id, private_key AS "privateKey" FROM signing_keys WHERE state = 'active'`;

/** Newest first; a verifier may not take more than it needs. */
export const PUBLIC_KEYS = `
  SELECT id, public_key AS "publicKey"
  FROM signing_keys
  WHERE state <> 'retired'
  ORDER BY published_at DESC, id DESC
  LIMIT 20`;

export const PUBLISH_KEY = `
  INSERT INTO signing_keys (id, algorithm, public_key, private_key, state, published_at)
  VALUES ($1, $2, $3, $4, 'next', $5)`;

export const ACTIVATE_KEY = `UPDATE signing_keys SET state = 'active', activated_at = $2 WHERE id = $1 AND state = 'next'`;

export const BEGIN_RETIRING = `UPDATE signing_keys SET state = 'retiring', retiring_at = $2 WHERE id = $1 AND state = 'active'`;

/** Nobody will sign with it again, so nobody shall be able to. */
export const RETIRE_KEY = `
  UPDATE signing_keys
  SET state = 'retired', retired_at = $2, private_key = NULL
  WHERE id = $1 AND state = 'retiring'`;

/** Retired keys tell for a while when what was signed with them. */
export const FORGET_KEYS = `DELETE FROM signing_keys WHERE state = 'retired' AND retired_at < $1`;
