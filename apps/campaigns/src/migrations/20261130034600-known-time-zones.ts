import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Accounts whose time zone Postgres does not know could not send, and kept their tenant from sending: their days are UTC's now. */
export class KnownTimeZones20261130034600 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of STATEMENTS) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}

const STATEMENTS = [
  // Row-level security binds the migrating role as well; within this transaction nobody else sees it lifted.
  `ALTER TABLE email_accounts NO FORCE ROW LEVEL SECURITY`,
  `UPDATE email_accounts
   SET timezone = 'UTC'
   WHERE lower(timezone) NOT IN (SELECT lower(name) FROM pg_timezone_names)`,
  `ALTER TABLE email_accounts FORCE ROW LEVEL SECURITY`,
];
