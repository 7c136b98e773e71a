import type { TenantDb } from './tenant-db.js';

const NOTE = `
  INSERT INTO tenant_standing AS s (tenant_id, active, version)
  VALUES ($1, $2, $3)
  ON CONFLICT (tenant_id) DO UPDATE
  SET active = excluded.active, version = excluded.version
  WHERE s.version < excluded.version
  RETURNING active`;

/**
 * Notes in the service's table `tenant_standing` whether the tenant is active, as identity said in this version of its facts.
 * @returns false for a word that comes late: it must not undo a newer one
 */
export async function noteTenantStanding(db: TenantDb, active: boolean, version: number): Promise<boolean> {
  return (await db.query(NOTE, [db.tenantId, active, version])).length > 0;
}
