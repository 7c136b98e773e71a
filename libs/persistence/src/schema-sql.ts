/**
 * SQL that every service's migrations share. Identifiers are our own constants, never input.
 */

/** The row-level-security policy of a tenant's table: no tenant set, no rows; another tenant's row cannot be written. */
export function tenantIsolation(table: string, column = 'tenant_id'): string[] {
  const own = `${column} = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)`;
  return [
    `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`,
    `ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`,
    `CREATE POLICY tenant_isolation ON ${table} USING (${own}) WITH CHECK (${own})`,
  ];
}

/** Keeps `updated_at` true whoever writes. Needs the function of {@link messagingTables}. */
export function touchUpdatedAt(table: string): string {
  return `CREATE TRIGGER touch_updated_at BEFORE UPDATE ON ${table} FOR EACH ROW EXECUTE FUNCTION touch_updated_at()`;
}

/**
 * What each schema needs to talk to others: outbox (`domain_events`), inbox, dead letters, remembered answers.
 * The relay's role sees every tenant's rows of the outbox and the dead letters, and nothing else.
 */
export function messagingTables(service: string): string[] {
  const relay = `${service}_relay`;
  return [
    `CREATE FUNCTION touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS
     $$ BEGIN NEW.updated_at := now(); RETURN NEW; END $$`,

    `CREATE TABLE domain_events (
       id uuid PRIMARY KEY,
       seq bigint GENERATED ALWAYS AS IDENTITY,
       tenant_id uuid NOT NULL,
       event_type varchar(120) NOT NULL,
       aggregate_type varchar(60) NOT NULL,
       aggregate_id uuid NOT NULL,
       payload jsonb NOT NULL,
       processed boolean NOT NULL DEFAULT false,
       processed_at timestamptz,
       retry_count int NOT NULL DEFAULT 0,
       metadata jsonb NOT NULL,
       created_at timestamptz NOT NULL DEFAULT now(),
       UNIQUE (seq)
     ) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000)`,
    `CREATE INDEX domain_events_pending ON domain_events (seq) WHERE NOT processed`,
    `CREATE INDEX domain_events_by_aggregate ON domain_events (tenant_id, aggregate_id, seq)`,
    ...tenantIsolation('domain_events'),
    `CREATE POLICY relay ON domain_events TO ${relay} USING (true) WITH CHECK (true)`,
    `GRANT SELECT, DELETE ON domain_events TO ${relay}`,
    `GRANT UPDATE (processed, processed_at, retry_count) ON domain_events TO ${relay}`,

    `CREATE TABLE inbox (
       consumer varchar(80) NOT NULL,
       event_id uuid NOT NULL,
       received_at timestamptz NOT NULL DEFAULT now(),
       PRIMARY KEY (consumer, event_id)
     )`,
    `CREATE INDEX inbox_by_age ON inbox USING brin (received_at)`,
    `GRANT SELECT, DELETE ON inbox TO ${relay}`,

    `CREATE TABLE dead_letters (
       id uuid PRIMARY KEY,
       consumer varchar(80) NOT NULL,
       event_id uuid,
       event_type varchar(120),
       tenant_id uuid,
       subject text NOT NULL,
       payload text NOT NULL,
       headers jsonb NOT NULL,
       reason text NOT NULL,
       deliveries int NOT NULL,
       redriven_at timestamptz,
       created_at timestamptz NOT NULL DEFAULT now()
     )`,
    `CREATE INDEX dead_letters_open ON dead_letters (created_at) WHERE redriven_at IS NULL`,
    ...tenantIsolation('dead_letters'),
    `CREATE POLICY relay ON dead_letters TO ${relay} USING (true) WITH CHECK (true)`,
    // A message that names no tenant must still be buried by the service that received it.
    `CREATE POLICY bury ON dead_letters FOR INSERT TO ${service}_app WITH CHECK (true)`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON dead_letters TO ${relay}`,

    `CREATE TABLE idempotency_keys (
       tenant_id uuid NOT NULL,
       key varchar(255) NOT NULL,
       request_hash bytea NOT NULL,
       response text,
       created_at timestamptz NOT NULL DEFAULT now(),
       PRIMARY KEY (tenant_id, key)
     )`,
    `CREATE INDEX idempotency_keys_by_age ON idempotency_keys USING brin (created_at)`,
    ...tenantIsolation('idempotency_keys'),
    `CREATE POLICY relay ON idempotency_keys TO ${relay} USING (true)`,
    `GRANT SELECT, DELETE ON idempotency_keys TO ${relay}`,
  ];
}

/**
 * Which tenants are erased, or about to be. The service sees all of it: it holds nothing of a tenant but its id, and says of whom
 * no event is to be handled any more.
 */
export function erasureTables(service: string): string[] {
  return [
    `CREATE TABLE tenant_erasures (
       tenant_id uuid PRIMARY KEY,
       requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
       look_at timestamptz NOT NULL DEFAULT clock_timestamp(),
       erased_at timestamptz
     )`,
    `CREATE INDEX tenant_erasures_to_look_at ON tenant_erasures (look_at)`,
    `ALTER TABLE tenant_erasures ENABLE ROW LEVEL SECURITY`,
    `ALTER TABLE tenant_erasures FORCE ROW LEVEL SECURITY`,
    `CREATE POLICY every_tenant ON tenant_erasures TO ${service}_app USING (true) WITH CHECK (true)`,
  ];
}
