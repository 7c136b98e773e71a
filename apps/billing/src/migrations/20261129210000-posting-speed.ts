import type { MigrationInterface, QueryRunner } from 'typeorm';
import { POSTING_FUNCTION } from './post-batch.js';

// The indexes of the lots look at what changes once in a lot's life: with what remains in their conditions, each posting that drains
// a lot would make new entries in all of them. Now its row changes in its place (HOT).
const LOTS = [
  `DROP INDEX billing_credit_lots_to_drain, billing_credit_lots_to_expire`,
  `ALTER TABLE billing_credit_lots ADD COLUMN spendable boolean NOT NULL GENERATED ALWAYS AS (remaining > 0) STORED`,
  `CREATE INDEX billing_credit_lots_to_drain
     ON billing_credit_lots (wallet_id, priority, expires_at, wallet_seq) WHERE spendable`,
  `CREATE INDEX billing_credit_lots_to_expire
     ON billing_credit_lots (wallet_id, expires_at) WHERE spendable AND expires_at IS NOT NULL`,
  `COMMENT ON COLUMN billing_credit_lots.spendable IS 'Whether anything of it remains.'`,
];

/** What a posting costs beside its rows. */
export class PostingSpeed20261129210000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const replaced = `DROP FUNCTION IF EXISTS post_batch, due_commands`;
    for (const sql of [...LOTS, replaced, ...POSTING_FUNCTION]) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
