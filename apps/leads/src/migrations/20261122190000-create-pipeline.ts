import { messagingTables, tenantIsolation, touchUpdatedAt } from '@leadwire/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const PIPELINE = [
  `CREATE TABLE lead_stages (
     id uuid PRIMARY KEY,
     tenant_id uuid NOT NULL,
     key varchar(60) NOT NULL,
     label varchar(100) NOT NULL,
     description varchar(500),
     color varchar(7) NOT NULL CHECK (color ~ '^#[0-9a-f]{6}$'),
     display_order int NOT NULL CHECK (display_order >= 0),
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     UNIQUE (tenant_id, id),
     CONSTRAINT lead_stages_key UNIQUE (tenant_id, key)
   )`,
  ...tenantIsolation('lead_stages'),
  touchUpdatedAt('lead_stages'),

  `CREATE TABLE lead_statuses (
     id uuid PRIMARY KEY,
     tenant_id uuid NOT NULL,
     key varchar(60) NOT NULL,
     label varchar(100) NOT NULL,
     color varchar(7) NOT NULL CHECK (color ~ '^#[0-9a-f]{6}$'),
     display_order int NOT NULL CHECK (display_order >= 0),
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     UNIQUE (tenant_id, id),
     CONSTRAINT lead_statuses_key UNIQUE (tenant_id, key)
   )`,
  ...tenantIsolation('lead_statuses'),
  touchUpdatedAt('lead_statuses'),
];

// The keys are compared byte by byte (collation "C"): cheaper to write than the database's own collation, which matters
// at a million imported rows. Phone and LinkedIn address are stored in their canonical form, so their keys stay simple.
const LEADS = [
  `CREATE TABLE leads (
     id uuid PRIMARY KEY,
     tenant_id uuid NOT NULL,
     created_by_user_id uuid,
     assigned_user_id uuid,
     first_name varchar(100),
     last_name varchar(100) COLLATE "und-x-icu",
     email varchar(254),
     phone varchar(40),
     company_name varchar(200),
     title varchar(200),
     linkedin_url varchar(500),
     stage varchar(60) NOT NULL,
     status varchar(60) NOT NULL,
     priority int CHECK (priority BETWEEN 0 AND 5),
     estimated_value numeric(20, 6) CHECK (estimated_value >= 0),
     currency varchar(3) CHECK (currency ~ '^[A-Z]{3}$'),
     custom_fields jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(custom_fields) = 'object'),
     notes text CHECK (length(notes) <= 10000),
     source varchar(60) NOT NULL DEFAULT 'manual',
     import_id uuid,
     is_archived boolean NOT NULL DEFAULT false,
     is_deleted boolean NOT NULL DEFAULT false,
     version bigint NOT NULL DEFAULT 1 CHECK (version > 0),
     last_activity_at timestamptz,
     next_follow_up_at timestamptz,
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     email_key text COLLATE "C" GENERATED ALWAYS AS (lower(email COLLATE "C")) STORED,
     phone_key text COLLATE "C" GENERATED ALWAYS AS (translate(phone, ' ()-./', '')) STORED,
     linkedin_key text COLLATE "C" GENERATED ALWAYS AS (lower(linkedin_url COLLATE "C")) STORED,
     value_rank double precision GENERATED ALWAYS AS (estimated_value::double precision) STORED,
     search tsvector GENERATED ALWAYS AS (to_tsvector('simple', translate(
       coalesce(first_name, '') || ' ' || coalesce(last_name, '') || ' ' || coalesce(company_name, '') || ' ' || coalesce(email, ''),
       '@.-_+/', '      '))) STORED,
     CONSTRAINT leads_value_has_currency CHECK (estimated_value IS NULL OR currency IS NOT NULL),
     CONSTRAINT leads_tenant_id UNIQUE (tenant_id, id)
   )`,
  ...tenantIsolation('leads'),
  // What changes a lead raises its version; an activity that only moves last_activity_at is no change of the lead.
  `CREATE TRIGGER touch_updated_at BEFORE UPDATE OF version ON leads FOR EACH ROW EXECUTE FUNCTION touch_updated_at()`,

  `CREATE UNIQUE INDEX leads_email ON leads (tenant_id, email_key) WHERE NOT is_deleted`,
  `CREATE UNIQUE INDEX leads_phone ON leads (tenant_id, phone_key) WHERE NOT is_deleted`,
  `CREATE UNIQUE INDEX leads_linkedin ON leads (tenant_id, linkedin_key) WHERE NOT is_deleted`,
  // One index per order that lists offer ("created" is the order of the ids). Leads without a value are in none of them:
  // they come last in either direction, by id, and cost an import nothing. Names sort as people expect (Unicode's root
  // collation), whatever the database was created with.
  `CREATE INDEX leads_by_update ON leads (tenant_id, updated_at, id) WHERE NOT is_deleted`,
  `CREATE INDEX leads_by_activity ON leads (tenant_id, last_activity_at, id) WHERE NOT is_deleted AND last_activity_at IS NOT NULL`,
  `CREATE INDEX leads_by_last_name ON leads (tenant_id, last_name, id) WHERE NOT is_deleted AND last_name IS NOT NULL`,
  `CREATE INDEX leads_by_priority ON leads (tenant_id, priority, id) WHERE NOT is_deleted AND priority IS NOT NULL`,
  `CREATE INDEX leads_by_value ON leads (tenant_id, value_rank, id) WHERE NOT is_deleted AND value_rank IS NOT NULL`,
  `CREATE INDEX leads_by_stage ON leads (tenant_id, stage) WHERE NOT is_deleted`,
  `CREATE INDEX leads_by_status ON leads (tenant_id, status) WHERE NOT is_deleted`,
  `CREATE INDEX leads_by_assignee ON leads (tenant_id, assigned_user_id, id) WHERE NOT is_deleted AND assigned_user_id IS NOT NULL`,
  `CREATE INDEX leads_search ON leads USING gin (tenant_id, search, last_name gin_trgm_ops) WHERE NOT is_deleted`,
];

// Under row-level security Postgres uses an index only for operators marked leakproof, and those of full-text and trigram
// search are not: the search would read every lead of the tenant. So it runs as the schema's owner, past the policy, and
// names the tenant of the transaction itself.
const SEARCH = [
  `CREATE POLICY search ON leads FOR SELECT TO leads_owner USING (true)`,
  `CREATE FUNCTION search_leads(words text, name text) RETURNS SETOF uuid
     LANGUAGE sql STABLE SECURITY DEFINER ROWS 100
     SET search_path FROM CURRENT
     SET pg_trgm.similarity_threshold = 0.4
     AS $$
       SELECT id
       FROM leads
       WHERE tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
         AND NOT is_deleted
         AND (search @@ to_tsquery('simple', words) OR last_name % name)
     $$`,
  `REVOKE EXECUTE ON FUNCTION search_leads FROM PUBLIC`,
  `GRANT EXECUTE ON FUNCTION search_leads TO leads_app`,
];

const AROUND_A_LEAD = [
  `CREATE TABLE lead_notes (
     id uuid PRIMARY KEY,
     tenant_id uuid NOT NULL,
     lead_id uuid NOT NULL,
     created_by_user_id uuid,
     content text NOT NULL CHECK (length(content) BETWEEN 1 AND 10000),
     is_deleted boolean NOT NULL DEFAULT false,
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     UNIQUE (tenant_id, id),
     FOREIGN KEY (tenant_id, lead_id) REFERENCES leads (tenant_id, id)
   )`,
  `CREATE INDEX lead_notes_by_lead ON lead_notes (tenant_id, lead_id, id) WHERE NOT is_deleted`,
  ...tenantIsolation('lead_notes'),
  touchUpdatedAt('lead_notes'),

  `CREATE TABLE lead_timeline (
     id uuid PRIMARY KEY,
     tenant_id uuid NOT NULL,
     lead_id uuid NOT NULL,
     occurred_at timestamptz NOT NULL,
     kind varchar(60) NOT NULL,
     event_id uuid,
     user_id uuid,
     data jsonb NOT NULL DEFAULT '{}',
     created_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT lead_timeline_event UNIQUE (tenant_id, event_id),
     FOREIGN KEY (tenant_id, lead_id) REFERENCES leads (tenant_id, id)
   )`,
  `CREATE INDEX lead_timeline_by_lead ON lead_timeline (tenant_id, lead_id, occurred_at, id)`,
  ...tenantIsolation('lead_timeline'),

  `CREATE TABLE lead_attachments (
     id uuid PRIMARY KEY,
     tenant_id uuid NOT NULL,
     lead_id uuid NOT NULL,
     file_url text NOT NULL,
     file_name varchar(255) NOT NULL,
     file_type varchar(100) NOT NULL,
     file_size bigint NOT NULL CHECK (file_size >= 0),
     uploaded_by_user_id uuid,
     is_deleted boolean NOT NULL DEFAULT false,
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     UNIQUE (tenant_id, id),
     FOREIGN KEY (tenant_id, lead_id) REFERENCES leads (tenant_id, id)
   )`,
  `CREATE INDEX lead_attachments_by_lead ON lead_attachments (tenant_id, lead_id, id) WHERE NOT is_deleted`,
  ...tenantIsolation('lead_attachments'),
  touchUpdatedAt('lead_attachments'),

  `CREATE TABLE lead_social (
     id uuid PRIMARY KEY,
     tenant_id uuid NOT NULL,
     lead_id uuid NOT NULL,
     data jsonb NOT NULL DEFAULT '{}',
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT lead_social_lead UNIQUE (tenant_id, lead_id),
     FOREIGN KEY (tenant_id, lead_id) REFERENCES leads (tenant_id, id)
   )`,
  ...tenantIsolation('lead_social'),
  touchUpdatedAt('lead_social'),
];

/** The pipeline: leads, their stages and statuses, and what is written around a lead. */
export class CreatePipeline20261122190000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of [...messagingTables('leads'), ...PIPELINE, ...LEADS, ...SEARCH, ...AROUND_A_LEAD])
      await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
