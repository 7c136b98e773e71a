import type { MigrationInterface, QueryRunner } from 'typeorm';

// What was audited before is not looked for in the outbox: null says that it is not known where in it that would be.
const PLACES = [
  `ALTER TABLE wallet_upkeep
     ADD COLUMN audited_event bigint,
     ADD COLUMN replayed_seq bigint NOT NULL DEFAULT 0`,
  `ALTER TABLE wallet_upkeep ALTER COLUMN audited_event SET DEFAULT 0`,
  `COMMENT ON COLUMN wallet_upkeep.audited_event IS
     'The number, in the outbox, of the last event about postings that were audited; null where it is not known yet.'`,
  `COMMENT ON COLUMN wallet_upkeep.replayed_seq IS
     'Up to which posting charges were rated again in their turn; 0 where the next turn begins with the first.'`,
];

/** How far the events and the charges of a wallet were audited. */
export class AuditOfWhatChanged20261130070100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of PLACES) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
