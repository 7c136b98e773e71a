import { createHmac } from 'node:crypto';
import { DataSource, type MigrationInterface } from 'typeorm';
import pg from 'pg';

export type MigrationClass = new () => MigrationInterface;
export type ServiceMigrations = { service: string; migrations: MigrationClass[] };
export type MigrateOptions = {
  /** Connects as someone who may create schemas and roles. */
  adminUrl: string;
  /** The passwords of all roles are derived from it; see {@link rolePassword}. */
  roleSecret: string;
  services: ServiceMigrations[];
};

/** `<service>_owner` runs DDL, `<service>_app` reads and writes its tenants' rows, `<service>_relay` moves its outbox. */
export type DatabaseRole = 'owner' | 'app' | 'relay';

const LOCK_KEY = 'leadwire:migrate';
const LOCK_TIMEOUT_MS = 5_000;
const EXTENSIONS = ['pg_trgm', 'btree_gin', 'btree_gist'];

/** The password of a database role: derived, so that launcher and migration agree without handing it around. */
export function rolePassword(roleSecret: string, role: string): string {
  return createHmac('sha256', roleSecret).update(role).digest('base64url');
}

/** The connection string of a service's role on the database of `adminUrl`. */
export function roleUrl(adminUrl: string, roleSecret: string, service: string, role: DatabaseRole): string {
  const url = new URL(adminUrl);
  url.username = `${service}_${role}`;
  url.password = rolePassword(roleSecret, url.username);
  return url.toString();
}

/**
 * Brings every service's schema to the newest version, under one lock, so that any number may start it at once.
 * @returns the names of the migrations that were applied, by service.
 */
export async function migrateAll({
  adminUrl,
  roleSecret,
  services,
}: MigrateOptions): Promise<Record<string, string[]>> {
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  try {
    await admin.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [LOCK_KEY]);
    for (const extension of EXTENSIONS) await admin.query(`CREATE EXTENSION IF NOT EXISTS ${extension}`);
    const applied: Record<string, string[]> = {};
    for (const { service, migrations } of services) {
      await prepare(admin, service, roleSecret);
      applied[service] = await migrateOne(adminUrl, service, migrations);
    }
    return applied;
  } finally {
    await admin.end();
  }
}

// Roles belong to the whole cluster, so another database's migration may be making them at this very moment.
async function prepare(admin: pg.Client, service: string, roleSecret: string): Promise<void> {
  const database = admin.escapeIdentifier(admin.database ?? 'postgres');
  const owner = `${service}_owner`;
  for (const role of [owner, `${service}_app`, `${service}_relay`]) {
    const login = role === owner ? 'NOLOGIN' : 'LOGIN';
    const password = admin.escapeLiteral(rolePassword(roleSecret, role));
    await admin.query(`DO $$ BEGIN
        PERFORM pg_advisory_xact_lock(hashtextextended('leadwire:roles', 0));
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${role}') THEN
          CREATE ROLE ${role} ${login} NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD ${password};
        ELSE
          ALTER ROLE ${role} PASSWORD ${password};
        END IF;
      EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
      END $$`);
    await retryConcurrent(() => admin.query(`GRANT CONNECT ON DATABASE ${database} TO ${role}`));
    // Every name in our SQL is unqualified: a connection sees its own schema and the extensions.
    await retryConcurrent(() => admin.query(`ALTER ROLE ${role} SET search_path = ${service}, public`));
  }
  await admin.query(`CREATE SCHEMA IF NOT EXISTS ${service} AUTHORIZATION ${owner}`);
  await admin.query(`GRANT ${owner} TO CURRENT_USER`);
  await admin.query(`GRANT USAGE ON SCHEMA ${service} TO ${service}_app, ${service}_relay`);
  await admin.query(`ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} IN SCHEMA ${service}
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${service}_app`);
  await admin.query(`ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} IN SCHEMA ${service}
    GRANT USAGE, SELECT ON SEQUENCES TO ${service}_app`);
}

async function retryConcurrent(work: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await work();
      return;
    } catch (error) {
      if (attempt >= 10 || !/concurrently updated/.test(String(error))) throw error;
    }
  }
}

async function migrateOne(
  adminUrl: string,
  service: string,
  migrations: MigrationClass[],
): Promise<string[]> {
  const dataSource = new DataSource({
    type: 'postgres',
    url: adminUrl,
    schema: service,
    migrations,
    migrationsTableName: 'migrations',
    migrationsTransactionMode: 'each',
    installExtensions: false,
    extra: {
      max: 1,
      options: `-c role=${service}_owner -c search_path=${service},public -c lock_timeout=${LOCK_TIMEOUT_MS}`,
    },
  });
  await dataSource.initialize();
  try {
    const applied = await dataSource.runMigrations();
    return applied.map(({ name }) => name);
  } finally {
    await dataSource.destroy();
  }
}
