import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whether the enrolments of a removed campaign are still to be stopped: there may be too many for the request that removes it. */
export class StopRemovedCampaigns20261130035500 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of STATEMENTS) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}

const STATEMENTS = [
  `ALTER TABLE campaigns ADD COLUMN is_stopping boolean NOT NULL DEFAULT false`,
  `CREATE INDEX campaigns_stopping ON campaigns (tenant_id, id) WHERE is_stopping`,
];
