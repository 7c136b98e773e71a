import { tenantIsolation } from '@leadwire/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whether a tenant is active, as identity last said: imports of one that is not are held. */
export class HoldImports20261123234120 implements MigrationInterface {
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
  ...tenantIsolation('tenant_standing'),
];
