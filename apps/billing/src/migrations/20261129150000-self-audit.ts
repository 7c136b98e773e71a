import type { MigrationInterface, QueryRunner } from 'typeorm';

const FREEZING = [
  `ALTER TABLE billing_wallets
     ADD COLUMN frozen_cause varchar(20) CHECK (frozen_cause IN ('audit', 'operator')),
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

// The moments of a wallet's postings never run backwards, so halving finds the end of a day without an index on time.
const FORECAST = [
  `CREATE FUNCTION last_posting_before(p_wallet uuid, p_moment timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
   DECLARE
     low bigint := 0;
     high bigint := (SELECT last_seq FROM billing_wallets WHERE id = p_wallet);
     middle bigint;
   BEGIN
     WHILE low < high LOOP
       middle := (low + high + 1) / 2;
       IF (SELECT created_at < p_moment FROM billing_ledger_transactions WHERE wallet_id = p_wallet AND wallet_seq = middle) THEN
         low := middle;
       ELSE
         high := middle - 1;
       END IF;
     END LOOP;
     RETURN low;
   END $$`,
  // What comes and goes without being used; a needle among debits and reservations.
  `CREATE INDEX billing_ledger_not_used ON billing_ledger_transactions (wallet_id, wallet_seq)
   WHERE transaction_type NOT IN ('debit', 'reservation', 'release')`,
];

/** What the continuous audit of wallets keeps, and how a forecast finds its days. */
export class SelfAudit20261129150000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of [...FREEZING, ...SCRUBBING, ...FORECAST]) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
