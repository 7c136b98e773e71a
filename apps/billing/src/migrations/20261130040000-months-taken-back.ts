import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is left of a month after dearer units were taken back may have cost less than it costs alone; the month remembers that. */
export class MonthsTakenBack20261130040000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE billing_usage_months DROP CONSTRAINT billing_usage_months_paid_ahead_check`,
    );
    await runner.query(
      `COMMENT ON COLUMN billing_usage_months.paid_ahead IS
         'What was taken beyond what the units of the month cost; it pays for the next ones. Below zero, less was taken: nobody is asked for it.'`,
    );
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
