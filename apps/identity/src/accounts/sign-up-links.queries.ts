/** An address has one link at most: a new one takes the place of the one before. */
export const PUT_SIGN_UP_LINK = `
  INSERT INTO sign_up_links (token_hash, email, expires_at, created_at)
  VALUES ($1, $2, $3, $4)
  ON CONFLICT (email) DO UPDATE
  SET token_hash = excluded.token_hash, expires_at = excluded.expires_at, created_at = excluded.created_at`;

/** Comes after the write that it rides on, and waits for nobody: two that sweep for each other cannot lock each other out. */
export const SWEEP_SIGN_UP_LINKS = `
  DELETE FROM sign_up_links
  WHERE token_hash IN (
    SELECT token_hash FROM sign_up_links WHERE expires_at < $1 ORDER BY expires_at LIMIT 64 FOR UPDATE SKIP LOCKED)`;

/** Whom a link that works was mailed to, and whether they have an account by now. */
export const FIND_SIGN_UP_LINK = `
  SELECT l.email, EXISTS (SELECT FROM users u WHERE u.email = l.email) AS taken
  FROM sign_up_links l
  WHERE l.token_hash = $1 AND l.expires_at > $2`;

/** Taking it is using it up: of two at once, the second waits for the first, and finds none unless that one failed. */
export const TAKE_SIGN_UP_LINK = `
  DELETE FROM sign_up_links
  WHERE token_hash = $1 AND expires_at > $2
  RETURNING email`;
