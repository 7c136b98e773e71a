const ALIVE = `u.is_active AND u.deleted_at IS NULL`;

export const FIND_READER = `
  SELECT u.id AS "userId", u.email
  FROM users u
  WHERE u.email = $1 AND ${ALIVE}
  FOR NO KEY UPDATE`;

/** What others know of a person; their teams' names are seen as far as the transaction sees teams. */
export const KNOWN_OF_PERSON = `
  SELECT u.email, u.first_name AS "firstName", u.last_name AS "lastName",
    (SELECT string_agg(t.name, ' ') FROM memberships m JOIN tenants t ON t.id = m.tenant_id
     WHERE m.user_id = u.id AND m.deleted_at IS NULL) AS teams
  FROM users u
  WHERE u.id = $1 AND ${ALIVE}`;

export const SET_PASSWORD = `
  UPDATE users u
  SET password_hash = $2, password_changed_at = $3
  WHERE u.id = $1 AND ${ALIVE}
  RETURNING u.email`;

/** Who read the link reads the address. No row: that was known. */
export const VERIFY_READER = `
  UPDATE users u
  SET email_verified = true
  WHERE u.id = $1 AND u.email = $2 AND NOT u.email_verified
  RETURNING u.id`;

/**
 * Ways to log in that were linked before anybody had shown that the address is theirs: whoever made the account with somebody
 * else's address must not keep a door to it.
 */
export const DROP_UNPROVEN_IDENTITIES = `DELETE FROM user_identities WHERE user_id = $1`;

/** Parameters were raised, or the hash is another's: only the hash that was just verified is replaced. */
export const REHASH = `UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2`;
