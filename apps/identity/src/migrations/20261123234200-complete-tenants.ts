import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a transaction that has shown an invitation's token may see before a tenant is known; set by InviteesService only. */
const SHOWN_TOKEN = `(SELECT nullif(current_setting('app.invitation_token', true), ''))`;

/** The life of a team beyond its first day: slug changes, suspension, closing, people who come, change and leave, invitations. */
export class CompleteTenants20261123234200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of [...TENANTS, ...USERS, ...MEMBERSHIPS, ...INVITATIONS, ...OPERATORS])
      await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}

// closed: deleted_at says since when, erase_after when its data goes. Until then an owner may restore it.
const TENANTS = [
  `ALTER TABLE tenants
     ADD COLUMN slug_changed_at timestamptz,
     ADD COLUMN status_reason varchar(500),
     ADD COLUMN status_changed_at timestamptz,
     ADD COLUMN erase_after timestamptz,
     ADD CONSTRAINT tenants_closed_means_deleted
       CHECK ((status = 'closed') = (deleted_at IS NOT NULL) AND (status = 'closed') = (erase_after IS NOT NULL))`,
  `CREATE INDEX tenants_to_erase ON tenants (erase_after) WHERE erase_after IS NOT NULL`,
];

const USERS = [
  `ALTER TABLE users
     ADD COLUMN suspended_at timestamptz,
     ADD COLUMN suspended_reason varchar(500)`,
];

// joined_at: when somebody who had left came back; else they joined when the row was made.
const MEMBERSHIPS = [
  `ALTER TABLE memberships
     ADD COLUMN version int NOT NULL DEFAULT 1,
     ADD COLUMN joined_at timestamptz`,
];

const INVITATIONS = [
  `ALTER TABLE tenant_invitations
     ADD COLUMN sends int NOT NULL DEFAULT 1 CHECK (sends > 0),
     ADD COLUMN last_sent_at timestamptz NOT NULL DEFAULT now()`,
  `CREATE INDEX tenant_invitations_by_age ON tenant_invitations (tenant_id, last_sent_at)`,
  // Whoever shows the token of an invitation may read that one row, before a tenant is known.
  `CREATE POLICY shown_token ON tenant_invitations FOR SELECT USING (invitation_token = ${SHOWN_TOKEN})`,
];

// Operators look for tenants of which they know a name at most, and a job looks for those whose time has come: neither has a
// tenant yet. The search runs as the schema's owner, may read only, and is all that the service's role gets of other tenants.
const OPERATORS = [
  `CREATE POLICY operators ON tenants FOR SELECT TO identity_owner USING (true)`,
  `CREATE POLICY operators ON memberships FOR SELECT TO identity_owner USING (true)`,
  `CREATE FUNCTION find_tenants(words text, only_status text, after uuid, at_most int)
     RETURNS TABLE (
       id uuid, name text, slug text, status text, plan_tier text, status_reason text, status_changed_at timestamptz,
       erase_after timestamptz, created_at timestamptz, members bigint)
     LANGUAGE sql STABLE SECURITY DEFINER
     SET search_path FROM CURRENT
     AS $$
       SELECT t.id, t.name, t.slug, t.status, t.plan_tier, t.status_reason, t.status_changed_at, t.erase_after, t.created_at,
         (SELECT count(*) FROM memberships m WHERE m.tenant_id = t.id AND m.deleted_at IS NULL)
       FROM tenants t
       WHERE (after IS NULL OR t.id > after)
         AND (only_status IS NULL OR t.status = only_status)
         AND (words IS NULL OR t.id::text = words OR strpos(t.slug, lower(words)) > 0 OR strpos(lower(t.name), lower(words)) > 0)
       ORDER BY t.id
       LIMIT at_most
     $$`,
  `REVOKE EXECUTE ON FUNCTION find_tenants FROM PUBLIC`,
  `GRANT EXECUTE ON FUNCTION find_tenants TO identity_app`,
  `CREATE FUNCTION tenants_to_erase(moment timestamptz, at_most int) RETURNS SETOF uuid
     LANGUAGE sql STABLE SECURITY DEFINER
     SET search_path FROM CURRENT
     AS $$
       SELECT t.id FROM tenants t WHERE t.erase_after <= moment ORDER BY t.erase_after LIMIT at_most
     $$`,
  `REVOKE EXECUTE ON FUNCTION tenants_to_erase FROM PUBLIC`,
  `GRANT EXECUTE ON FUNCTION tenants_to_erase TO identity_app`,
];
