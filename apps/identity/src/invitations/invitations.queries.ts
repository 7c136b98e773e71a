const COLUMNS = `i.id, i.email, i.role, i.message, i.metadata, i.invited_by AS "invitedBy", i.sends, i.last_sent_at AS "lastSentAt",
  i.expires_at AS "expiresAt", i.accepted_at AS "acceptedAt", i.accepted_by AS "acceptedBy", i.deleted_at AS "deletedAt",
  i.created_at AS "createdAt", i.updated_at AS "updatedAt"`;

export const MEMBERS_AMONG = `
  SELECT u.email
  FROM memberships m
  JOIN users u ON u.id = m.user_id
  WHERE m.tenant_id = $1 AND m.deleted_at IS NULL AND u.email = ANY ($2)`;

export const UNANSWERED_AMONG = `
  SELECT i.id, i.email, i.expires_at AS "expiresAt"
  FROM tenant_invitations i
  WHERE i.tenant_id = $1 AND i.email = ANY ($2) AND i.accepted_at IS NULL AND i.deleted_at IS NULL`;

/** Counts every mail of an invitation whose last one is younger than `$2`: never too few. */
export const SENT_SINCE = `
  SELECT coalesce(sum(sends), 0)::int AS sent, min(last_sent_at) AS oldest
  FROM tenant_invitations
  WHERE tenant_id = $1 AND last_sent_at > $2`;

export const INSERT_INVITATION = `
  INSERT INTO tenant_invitations AS i
    (id, tenant_id, email, role, invited_by, invitation_token, expires_at, message, metadata, last_sent_at, created_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
  RETURNING ${COLUMNS}`;

/** Addresses of people who never came are not kept for ever. */
export const SWEEP_UNANSWERED = `
  DELETE FROM tenant_invitations
  WHERE tenant_id = $1 AND accepted_at IS NULL AND expires_at < $2`;

export const IS_ACCEPTABLE = `
  SELECT
  FROM tenant_invitations i
  JOIN tenants t ON t.id = i.tenant_id AND t.status = 'active'
  WHERE i.tenant_id = $1 AND i.id = $2 AND i.accepted_at IS NULL AND i.deleted_at IS NULL`;

export const LOCK_INVITATION = `SELECT ${COLUMNS} FROM tenant_invitations i WHERE i.tenant_id = $1 AND i.id = $2 FOR UPDATE`;

export const RENEW_INVITATION = `
  UPDATE tenant_invitations i
  SET invitation_token = $3, expires_at = $4, sends = sends + 1, last_sent_at = $5
  WHERE i.tenant_id = $1 AND i.id = $2
  RETURNING ${COLUMNS}`;

export const REVOKE_INVITATION = `UPDATE tenant_invitations SET deleted_at = $3 WHERE tenant_id = $1 AND id = $2`;

/** Newest first; ids rise with time. $2: status, $3: now, $4: where the page before ended. */
export const LIST_INVITATIONS = `
  SELECT ${COLUMNS}
  FROM tenant_invitations i
  WHERE i.tenant_id = $1
    AND ($2::text IS NULL OR $2 = CASE
      WHEN i.accepted_at IS NOT NULL THEN 'accepted'
      WHEN i.deleted_at IS NOT NULL THEN 'revoked'
      WHEN i.expires_at <= $3::timestamptz THEN 'expired'
      ELSE 'open' END)
    AND ($4::uuid IS NULL OR i.id < $4)
  ORDER BY i.id DESC
  LIMIT $5`;

/** What the mail says of who sends it. */
export const SENDER = `
  SELECT t.name AS "teamName", concat_ws(' ', u.first_name, u.last_name) AS "inviterName"
  FROM tenants t
  LEFT JOIN users u ON u.id = $2
  WHERE t.id = $1`;

/** Lets the transaction see the one invitation whose token was shown; see the policy `shown_token`. */
export const SHOW_TOKEN = `SELECT set_config('app.invitation_token', $1, true)`;

export const FIND_BY_TOKEN = `
  SELECT i.tenant_id AS "tenantId", ${COLUMNS}
  FROM tenant_invitations i
  WHERE i.invitation_token = $1`;

/** The token once more: one that was replaced meanwhile finds nothing. */
export const LOCK_BY_TOKEN = `
  SELECT ${COLUMNS}
  FROM tenant_invitations i
  WHERE i.tenant_id = $1 AND i.invitation_token = $2
  FOR UPDATE`;

export const PREVIEW = `
  SELECT t.name AS "teamName", t.status, nullif(concat_ws(' ', u.first_name, u.last_name), '') AS "inviterName",
    EXISTS (SELECT FROM users known WHERE known.email = $3) AS "hasAccount"
  FROM tenants t
  LEFT JOIN users u ON u.id = $2
  WHERE t.id = $1`;

export const LOCK_ACCEPTER = `
  SELECT email, email_verified AS "emailVerified"
  FROM users
  WHERE id = $1 AND is_active AND deleted_at IS NULL
  FOR NO KEY UPDATE`;

export const ACCEPT_INVITATION = `
  UPDATE tenant_invitations
  SET accepted_at = $3, accepted_by = $4
  WHERE tenant_id = $1 AND id = $2`;

export const FIRST_TEAM = `UPDATE users SET primary_tenant_id = $2 WHERE id = $1 AND primary_tenant_id IS NULL`;
