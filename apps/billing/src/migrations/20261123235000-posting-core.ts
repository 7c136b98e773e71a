import type { MigrationInterface, QueryRunner } from 'typeorm';
import { CHAIN_START, LEDGER_LEAF, REPLAY_LEDGER } from './ledger-replay.js';
import { POSTING_BASE } from './post-batch.js';
import { AFTER_REPLAY, BEFORE_REPLAY } from './posting-tables.js';

/** One place where money moves, with lots, reservations, counter-accounts and a chain; what was posted before is taken along. */
export class PostingCore20261123235000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      ...BEFORE_REPLAY,
      LEDGER_LEAF,
      CHAIN_START,
      ...REPLAY_LEDGER,
      ...AFTER_REPLAY,
      ...POSTING_BASE,
    ];
    for (const sql of statements) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
