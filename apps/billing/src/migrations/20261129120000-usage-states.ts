import type { MigrationInterface, QueryRunner } from 'typeorm';

// By the id alone: while the ledger is new, any index that starts with the tenant looks as good for a look-up by tenant and id, and
// the plan that is kept would read all of a tenant for each use. post_batch() alone writes it, and the audit compares the tenants.
const DEBIT_LOOKUP = [
  `ALTER TABLE billing_usage_events DROP CONSTRAINT billing_usage_events_tenant_id_ledger_transaction_id_fkey`,
  `ALTER TABLE billing_usage_events ADD CONSTRAINT usage_debit
     FOREIGN KEY (ledger_transaction_id) REFERENCES billing_ledger_transactions (id)`,
];

// The charge stays what it was: what is voided keeps its debit and names the posting that gave the money back.
const STATES = [
  `ALTER TABLE billing_usage_events
     ADD COLUMN source varchar(20) NOT NULL DEFAULT 'service' CHECK (source IN ('service', 'api')),
     ADD COLUMN retry_at timestamptz,
     ADD COLUMN corrects_id uuid,
     ADD COLUMN reversal_transaction_id uuid,
     ADD COLUMN voided_at timestamptz,
     ADD COLUMN voided_by uuid,
     ADD COLUMN void_reason varchar(500)`,
  `ALTER TABLE billing_usage_events DROP CONSTRAINT usage_charged_means_debited`,
  `ALTER TABLE billing_usage_events
     ADD CONSTRAINT usage_charged_means_debited CHECK (
       (ledger_transaction_id IS NULL) = (charged_at IS NULL)
       AND CASE status
         WHEN 'charged' THEN ledger_transaction_id IS NOT NULL AND reversal_transaction_id IS NULL
         WHEN 'voided' THEN (ledger_transaction_id IS NULL) = (reversal_transaction_id IS NULL)
         ELSE ledger_transaction_id IS NULL AND reversal_transaction_id IS NULL END),
     ADD CONSTRAINT usage_voided_has_a_time CHECK ((status = 'voided') = (voided_at IS NOT NULL)),
     ADD CONSTRAINT usage_failed_says_why CHECK (status <> 'failed' OR error_message IS NOT NULL),
     ADD CONSTRAINT usage_corrects FOREIGN KEY (tenant_id, corrects_id) REFERENCES billing_usage_events (tenant_id, id),
     -- The posting is written after the use that it reverses, in the same batch.
     ADD CONSTRAINT usage_reversal FOREIGN KEY (tenant_id, reversal_transaction_id)
       REFERENCES billing_ledger_transactions (tenant_id, id) DEFERRABLE INITIALLY DEFERRED`,
  // What was corrected is corrected once; its successor may be corrected again.
  `CREATE UNIQUE INDEX billing_usage_one_correction ON billing_usage_events (tenant_id, corrects_id) WHERE corrects_id IS NOT NULL`,
  // Nearly nothing is reversed: an index of all would be written for each use.
  `CREATE UNIQUE INDEX billing_usage_one_reversal ON billing_usage_events (reversal_transaction_id)
   WHERE reversal_transaction_id IS NOT NULL`,
  `CREATE INDEX billing_usage_failed ON billing_usage_events (tenant_id, retry_at, id) WHERE status = 'failed'`,
  // When a price is tried again says nothing about money; all else of a use changes in post_batch() only.
  `GRANT UPDATE (error_message, retry_count, retry_at) ON billing_usage_events TO billing_app`,
];

// Says which tenants have usage that a price is missing for, so that whoever looks need not see into all tenants. It holds nothing of
// a tenant but its id, which is why the service may read all of it.
const RETRIES = [
  `CREATE TABLE usage_retries (
     tenant_id uuid PRIMARY KEY,
     due_at timestamptz NOT NULL
   )`,
  `CREATE INDEX usage_retries_due ON usage_retries (due_at)`,
  `COMMENT ON TABLE usage_retries IS 'When failed usage of a tenant is rated again.'`,
  `ALTER TABLE usage_retries ENABLE ROW LEVEL SECURITY`,
  `ALTER TABLE usage_retries FORCE ROW LEVEL SECURITY`,
  `CREATE POLICY every_tenant ON usage_retries TO billing_app USING (true) WITH CHECK (true)`,
];

/** Usage that failed or was voided, by whom and why, and what stands for it instead. */
export class UsageStates20261129120000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of [...DEBIT_LOOKUP, ...STATES, ...RETRIES]) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
