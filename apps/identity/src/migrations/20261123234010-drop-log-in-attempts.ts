import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tries are counted in `throttles`, per account and network; these counts were forgotten within an hour anyway. */
export class DropLogInAttempts20261123234010 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE log_in_attempts`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
