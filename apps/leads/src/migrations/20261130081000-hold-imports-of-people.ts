import { tenantIsolation } from '@leadwire/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who is suspended, as identity last said: what they import is held. */
export class HoldImportsOfPeople20261130081000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of STATEMENTS) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}

const STATEMENTS = [
  `CREATE TABLE person_standing (
     tenant_id uuid NOT NULL,
     user_id uuid NOT NULL,
     active boolean NOT NULL,
     version bigint NOT NULL,
     PRIMARY KEY (tenant_id, user_id)
   )`,
  `COMMENT ON TABLE person_standing IS 'Whether somebody of the team is suspended, as identity last said.'`,
  ...tenantIsolation('person_standing'),
];
