import type { MigrationInterface, QueryRunner } from 'typeorm';

const FREEZING = [
  `ALTER TABLE billing_wallets
     ADD COLUMN frozen_cause varchar(20) CHECK (frozen_cause IN ('audit', 'operator', 'dispute', 'overdue')),
     ADD COLUMN frozen_from varchar(20) CHECK (frozen_from IN ('active', 'suspended'))`,
  `COMMENT ON COLUMN billing_wallets.frozen_from IS 'What the wallet was before it was frozen, and will be again.'`,
  `GRANT UPDATE (frozen_cause, frozen_from) ON billing_wallets TO billing_app`,
];

// No index on what rises with every posting: it would cost each of them a new index entry. Whoever looks for wallets to audit
// reads the whole table, a few bytes a wallet, every few seconds.
const SCRUBBING = [
  `ALTER TABLE wallet_upkeep ADD COLUMN fully_audited_at timestamptz NOT NULL DEFAULT now()`,
  `CREATE INDEX wallet_upkeep_to_scrub ON wallet_upkeep (fully_audited_at)`,
];

/** What the continuous audit of wallets keeps. */
export class SelfAudit20261129150000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of [...FREEZING, ...SCRUBBING]) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
