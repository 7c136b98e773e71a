import { tenantIsolation } from '@leadwire/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Versions of rights are seen by their tenant only. Whoever rebuilds all snapshots asks a function for the ids of all tenants, and gets
 * nothing else of them.
 */
export class OwnVersions20261123234401 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of STATEMENTS) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}

const STATEMENTS = [
  `DROP POLICY versions ON tenant_entitlements`,
  ...tenantIsolation('tenant_entitlements'),
  // The function below and the trigger run as the owner of the schema, in whatever tenant their caller is, or in none.
  `CREATE POLICY keeper ON tenant_entitlements TO identity_owner USING (true) WITH CHECK (true)`,
  `ALTER FUNCTION raise_entitlements_version() SECURITY DEFINER`,
  `CREATE FUNCTION tenants_with_rights(after uuid, at_most int) RETURNS SETOF uuid
     LANGUAGE sql STABLE SECURITY DEFINER
     SET search_path FROM CURRENT
     AS $$
       SELECT e.tenant_id FROM tenant_entitlements e WHERE after IS NULL OR e.tenant_id > after ORDER BY e.tenant_id LIMIT at_most
     $$`,
  `REVOKE EXECUTE ON FUNCTION tenants_with_rights FROM PUBLIC`,
  `GRANT EXECUTE ON FUNCTION tenants_with_rights TO identity_app`,
];
