import type { MigrationInterface, QueryRunner } from 'typeorm';
import { LEDGER_LEAF } from './ledger-replay.js';
import { POSTING_FUNCTION } from './post-batch.js';

// A row of its own, with a key and a foreign key, for each lot that a posting took from was a quarter of what the posting cost, and
// nearly every posting takes from one lot. It has no foreign key, as its check would cost as much as the row: only post_batch() writes
// here, and the audit compares both sides.
const LOT_OF_POSTING = [
  `ALTER TABLE billing_ledger_transactions
     ADD COLUMN lot_id uuid,
     ADD CONSTRAINT ledger_lot_pays CHECK (lot_id IS NULL OR amount < 0)`,
  `COMMENT ON COLUMN billing_ledger_transactions.lot_id IS
     'The lot that paid for all of it; where it took several, or gave back, see lot_consumptions.'`,
  `COMMENT ON TABLE lot_consumptions IS
     'Which lots a posting took from that one lot did not pay for, by its place in the wallet; negative for what a reversal gave back.'`,
  `CREATE VIEW lot_draws WITH (security_invoker = true) AS
     SELECT tenant_id, wallet_id, wallet_seq, lot_id, -amount AS amount FROM billing_ledger_transactions WHERE lot_id IS NOT NULL
     UNION ALL
     SELECT tenant_id, wallet_id, wallet_seq, lot_id, amount FROM lot_consumptions`,
  `COMMENT ON VIEW lot_draws IS 'What every posting took from which lot, or gave back to it.'`,
  `GRANT SELECT ON lot_draws TO billing_app`,
];

/** A posting names the lot that paid for it, and the text that it is hashed as is put together at once. */
export class LotInTheLedger20261130030000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const replaced = `DROP FUNCTION IF EXISTS post_batch, due_commands`;
    for (const sql of [...LOT_OF_POSTING, LEDGER_LEAF, replaced, ...POSTING_FUNCTION])
      await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
