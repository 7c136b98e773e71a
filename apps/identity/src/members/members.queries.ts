const MEMBER = `
  SELECT m.id AS "membershipId", m.user_id AS "userId", u.email, u.first_name AS "firstName", u.last_name AS "lastName", m.role,
    m.invited_by AS "invitedBy", coalesce(m.joined_at, m.created_at) AS "joinedAt", m.updated_at AS "updatedAt",
    (SELECT max(s.rotated_at) FROM sessions s WHERE s.membership_id = m.id) AS "lastSeenAt"
  FROM memberships m
  JOIN users u ON u.id = m.user_id
  WHERE m.tenant_id = $1 AND m.deleted_at IS NULL`;

export const FIND_MEMBER = `${MEMBER} AND m.user_id = $2`;

export const MEMBERS_AMONG = `
  SELECT user_id AS "userId"
  FROM memberships
  WHERE tenant_id = $1
    AND user_id = ANY ($2::uuid[])
    AND deleted_at IS NULL`;

/** In the order in which they first joined: ids rise with time. $2: role, $3: the membership that the page before ended with. */
export const LIST_MEMBERS = `${MEMBER}
    AND ($2::text IS NULL OR m.role = $2)
    AND ($3::uuid IS NULL OR m.id > $3)
  ORDER BY m.id
  LIMIT $4`;

/** One change of members at a time per team, so that each sees who is an owner now. Closed teams have no such changes. */
export const LOCK_TEAM = `SELECT status FROM tenants WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE`;

export const FIND_ROLE = `
  SELECT id AS "membershipId", role
  FROM memberships
  WHERE tenant_id = $1 AND user_id = $2 AND deleted_at IS NULL`;

export const FIND_ACTIVE_ROLE = `
  SELECT m.id AS "membershipId", m.role
  FROM memberships m
  JOIN users u ON u.id = m.user_id AND u.is_active
  WHERE m.tenant_id = $1 AND m.user_id = $2 AND m.deleted_at IS NULL`;

export const COUNT_OWNERS = `
  SELECT count(*)::int AS owners
  FROM memberships
  WHERE tenant_id = $1 AND role = 'owner' AND deleted_at IS NULL`;

export const SET_ROLE = `
  UPDATE memberships
  SET role = $3, version = version + 1
  WHERE tenant_id = $1 AND id = $2
  RETURNING version`;

export const REMOVE_MEMBERSHIP = `
  UPDATE memberships
  SET deleted_at = $3, version = version + 1
  WHERE tenant_id = $1 AND id = $2
  RETURNING version`;

/** Who returns starts from the role they are given: what was granted or denied before goes with the membership. */
export const DROP_GRANTS = `DELETE FROM user_capabilities WHERE tenant_id = $1 AND user_id = $2`;
export const DROP_FLAGS = `DELETE FROM feature_flags WHERE tenant_id = $1 AND user_id = $2`;

export const FORGET_PRIMARY = `UPDATE users SET primary_tenant_id = NULL WHERE id = $2 AND primary_tenant_id = $1`;

/** $3: the roles that the inviter may no longer give. */
export const REVOKE_INVITATIONS_OF = `
  UPDATE tenant_invitations
  SET deleted_at = $4
  WHERE tenant_id = $1 AND invited_by = $2 AND role = ANY ($3) AND accepted_at IS NULL AND deleted_at IS NULL
  RETURNING id`;

/** Who had left gets the same row back; no row is answered for who is a member already. */
export const JOIN = `
  INSERT INTO memberships (id, tenant_id, user_id, role, invited_by)
  VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (tenant_id, user_id) DO UPDATE
  SET role = excluded.role, invited_by = excluded.invited_by, deleted_at = NULL, joined_at = $6, version = memberships.version + 1
  WHERE memberships.deleted_at IS NOT NULL
  RETURNING id AS "membershipId", version`;
