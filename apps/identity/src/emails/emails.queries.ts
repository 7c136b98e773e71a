const ALIVE = `is_active AND deleted_at IS NULL`;

export const LOCK_ADDRESS = `
  SELECT email, email_verified AS "emailVerified"
  FROM users
  WHERE id = $1 AND ${ALIVE}
  FOR NO KEY UPDATE`;

/** Only as long as the address is still the one that the link went to. */
export const VERIFY_ADDRESS = `UPDATE users SET email_verified = true WHERE id = $1 AND email = $2 AND ${ALIVE}`;

export const PUT_CHANGE = `
  INSERT INTO email_changes (user_id, id, old_email, new_email, old_confirmed_at, expires_at, created_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7)
  ON CONFLICT (user_id) DO UPDATE
  SET id = excluded.id, old_email = excluded.old_email, new_email = excluded.new_email,
    old_confirmed_at = excluded.old_confirmed_at, new_confirmed_at = NULL,
    expires_at = excluded.expires_at, created_at = excluded.created_at`;

export const CONFIRM_OLD = `
  UPDATE email_changes
  SET old_confirmed_at = coalesce(old_confirmed_at, $2)
  WHERE id = $1 AND expires_at > $2
  RETURNING user_id AS "userId", old_email AS "oldEmail", new_email AS "newEmail",
    old_confirmed_at IS NOT NULL AND new_confirmed_at IS NOT NULL AS confirmed`;

export const CONFIRM_NEW = CONFIRM_OLD.replace(
  'SET old_confirmed_at = coalesce(old_confirmed_at, $2)',
  'SET new_confirmed_at = coalesce(new_confirmed_at, $2)',
);

export const DROP_CHANGE = `DELETE FROM email_changes WHERE user_id = $1`;

/** The new address has been confirmed by its reader, so it is verified. */
export const CHANGE_ADDRESS = `
  UPDATE users
  SET email = $3, email_verified = true
  WHERE id = $1 AND email = $2 AND ${ALIVE}`;
