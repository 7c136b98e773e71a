import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Versions of what decides on rights. Triggers raise them, so that whoever writes, a service or an operator by hand, never
 * changes something without its version; published snapshots are ordered by them.
 */
export class Rights20261123234400 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of [...VERSIONS, ...TRIGGERS, ...OPERATORS]) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}

const VERSIONS = [
  // No policy by tenant: whoever rebuilds all snapshots must find all tenants. It holds nothing but ids and numbers.
  `CREATE TABLE tenant_entitlements (
     tenant_id uuid PRIMARY KEY REFERENCES tenants (id) ON DELETE CASCADE,
     version bigint NOT NULL DEFAULT 1
   ) WITH (fillfactor = 50)`,
  `ALTER TABLE tenant_entitlements ENABLE ROW LEVEL SECURITY`,
  `ALTER TABLE tenant_entitlements FORCE ROW LEVEL SECURITY`,
  `CREATE POLICY versions ON tenant_entitlements USING (true) WITH CHECK (true)`,
  // Row-level security binds the migrating role as well; within this transaction nobody else sees it lifted.
  `ALTER TABLE tenants NO FORCE ROW LEVEL SECURITY`,
  `INSERT INTO tenant_entitlements (tenant_id) SELECT id FROM tenants`,
  `ALTER TABLE tenants FORCE ROW LEVEL SECURITY`,

  `CREATE TABLE global_flags_version (
     only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
     version bigint NOT NULL DEFAULT 1
   )`,
  `INSERT INTO global_flags_version DEFAULT VALUES`,
];

const TRIGGERS = [
  `CREATE FUNCTION raise_entitlements_version() RETURNS trigger LANGUAGE plpgsql
   SET search_path FROM CURRENT
   AS $$
   DECLARE
     row jsonb := to_jsonb(CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END);
     tenant uuid := row ->> TG_ARGV[0];
   BEGIN
     IF tenant IS NULL THEN
       UPDATE global_flags_version SET version = version + 1;
     ELSE
       INSERT INTO tenant_entitlements (tenant_id) VALUES (tenant)
       ON CONFLICT (tenant_id) DO UPDATE SET version = tenant_entitlements.version + 1;
     END IF;
     RETURN NULL;
   END $$`,
  `CREATE TRIGGER raise_entitlements_version AFTER INSERT OR UPDATE OF status, plan_tier, deleted_at ON tenants
     FOR EACH ROW EXECUTE FUNCTION raise_entitlements_version('id')`,
  ...['tenant_features', 'user_capabilities', 'feature_flags'].map(
    (table) => `CREATE TRIGGER raise_entitlements_version AFTER INSERT OR UPDATE OR DELETE ON ${table}
     FOR EACH ROW EXECUTE FUNCTION raise_entitlements_version('tenant_id')`,
  ),
];

// Only what an operator asked for writes flags for everybody; the transaction says that it does. Members still read them all.
const OPERATORS = [
  `CREATE POLICY operators ON feature_flags
     USING (tenant_id IS NULL AND current_setting('app.operator', true) = 'flags')
     WITH CHECK (tenant_id IS NULL AND current_setting('app.operator', true) = 'flags')`,
];
