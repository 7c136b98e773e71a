import { tenantIsolation } from '@leadwire/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whether a tenant is active, as identity last said: the card of one that is not is left alone. */
export class TenantStanding20261130080000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of STATEMENTS) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}

const STATEMENTS = [
  `CREATE TABLE tenant_standing (
     tenant_id uuid PRIMARY KEY,
     active boolean NOT NULL,
     version bigint NOT NULL
   )`,
  `COMMENT ON TABLE tenant_standing IS 'Whether a tenant is active, as identity last said.'`,
  ...tenantIsolation('tenant_standing'),
];
