import { tenantIsolation, touchUpdatedAt } from '@leadwire/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const IMPORTS = [
  `CREATE TABLE lead_imports (
     id uuid PRIMARY KEY,
     tenant_id uuid NOT NULL,
     created_by_user_id uuid,
     status varchar(20) NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'running', 'completed', 'failed', 'cancelled')),
     file_name varchar(255) NOT NULL,
     file_size bigint NOT NULL CHECK (file_size >= 0),
     object_key varchar(200) NOT NULL,
     rejections_key varchar(200),
     dedupe varchar(20) NOT NULL CHECK (dedupe IN ('skip', 'fill', 'overwrite')),
     encoding varchar(20),
     delimiter varchar(1),
     given_mapping jsonb NOT NULL DEFAULT '{}',
     mapping jsonb,
     records_done bigint NOT NULL DEFAULT 0,
     bytes_read bigint NOT NULL DEFAULT 0,
     imported bigint NOT NULL DEFAULT 0,
     updated bigint NOT NULL DEFAULT 0,
     duplicates bigint NOT NULL DEFAULT 0,
     rejected bigint NOT NULL DEFAULT 0,
     failure_code varchar(100),
     failure_reason varchar(500),
     attempts_failed int NOT NULL DEFAULT 0,
     lease uuid,
     leased_until timestamptz,
     started_at timestamptz,
     finished_at timestamptz,
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT lead_imports_tenant_id UNIQUE (tenant_id, id),
     CONSTRAINT lead_imports_object UNIQUE (object_key)
   )`,
  `CREATE INDEX lead_imports_open ON lead_imports (id) WHERE status IN ('queued', 'running')`,
  ...tenantIsolation('lead_imports'),
  touchUpdatedAt('lead_imports'),

  // Which leads an overwriting import has met: the first row of a lead wins, so that the same file twice changes nothing.
  `CREATE TABLE lead_import_leads (
     import_id uuid NOT NULL,
     lead_id uuid NOT NULL,
     tenant_id uuid NOT NULL,
     PRIMARY KEY (import_id, lead_id)
   )`,
  ...tenantIsolation('lead_import_leads'),
];

// A worker looks for work of any tenant, which its role may not see. So the search runs as the schema's owner, and gives
// away no more than two ids; all that follows happens in a transaction of that tenant.
const CLAIM = [
  `CREATE POLICY claim ON lead_imports TO leads_owner USING (true) WITH CHECK (true)`,
  `CREATE FUNCTION claim_lead_import(new_lease uuid, lease_ms int) RETURNS TABLE (import_id uuid, import_tenant_id uuid)
     LANGUAGE sql SECURITY DEFINER ROWS 1
     SET search_path FROM CURRENT
     AS $$
       UPDATE lead_imports
       SET lease = new_lease,
           leased_until = clock_timestamp() + lease_ms * interval '1 ms',
           status = 'running',
           started_at = coalesce(started_at, clock_timestamp())
       WHERE id = (
         SELECT waiting.id
         FROM lead_imports waiting
         WHERE waiting.status IN ('queued', 'running')
           AND (waiting.leased_until IS NULL OR waiting.leased_until < clock_timestamp())
           AND NOT EXISTS (
             SELECT FROM lead_imports busy
             WHERE busy.tenant_id = waiting.tenant_id
               AND busy.status = 'running'
               AND busy.lease IS NOT NULL
               AND busy.leased_until >= clock_timestamp()
           )
         ORDER BY waiting.id
         LIMIT 1
         FOR UPDATE SKIP LOCKED
       )
       RETURNING id, tenant_id
     $$`,
  `REVOKE EXECUTE ON FUNCTION claim_lead_import FROM PUBLIC`,
  `GRANT EXECUTE ON FUNCTION claim_lead_import TO leads_app`,
];

// As long as the planner does not know how many leads a tenant has, it finds any index that begins with the tenant as good
// as the one on the key, and reads all leads of the tenant for each row of a file. Autovacuum would tell it in a minute.
const STATISTICS = [
  `CREATE FUNCTION count_leads_for_planner() RETURNS void
     LANGUAGE plpgsql SECURITY DEFINER
     SET search_path FROM CURRENT
     SET lock_timeout = '5s'
     AS $$ BEGIN
       ANALYZE leads (tenant_id);
     EXCEPTION WHEN lock_not_available THEN
       -- Somebody else keeps the table's statistics busy; the import is slower, not wrong.
       NULL;
     END $$`,
  `REVOKE EXECUTE ON FUNCTION count_leads_for_planner FROM PUBLIC`,
  `GRANT EXECUTE ON FUNCTION count_leads_for_planner TO leads_app`,
];

/** Imports of lead files: what was asked, how far it is, and who works on it. */
export class CreateLeadImports20261122191000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of [...IMPORTS, ...CLAIM, ...STATISTICS]) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
