import { erasureTables } from '@leadwire/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which tenants' data is erased, or about to be. */
export class EraseTenants20261124000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of [...erasureTables('identity'), ...DUE]) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}

// Those that are noted for it already wait for nothing any more.
const DUE = [
  `CREATE POLICY owner_reads ON tenant_erasures FOR SELECT TO identity_owner USING (true)`,
  `CREATE OR REPLACE FUNCTION tenants_to_erase(moment timestamptz, at_most int) RETURNS SETOF uuid
     LANGUAGE sql STABLE SECURITY DEFINER
     SET search_path FROM CURRENT
     AS $$
       SELECT t.id
       FROM tenants t
       WHERE t.erase_after <= moment
         AND NOT EXISTS (SELECT FROM tenant_erasures e WHERE e.tenant_id = t.id)
       ORDER BY t.erase_after
       LIMIT at_most
     $$`,
];
