import { randomBytes } from 'node:crypto';
import { migrateAll, roleUrl, type DatabaseRole, type ServiceMigrations } from '@leadwire/persistence';
import pg from 'pg';

/** One secret for all test databases of a cluster: roles, and so their passwords, belong to the cluster. */
const ROLE_SECRET = 'test-role-secret';

/** The address of the throw-away Postgres that the test runner started. */
function adminUrl(): string {
  const url = process.env['TEST_DATABASE_ADMIN_URL'];
  if (!url)
    throw new Error('TEST_DATABASE_ADMIN_URL is not set; run the tests with `npm test -- <project>`.');
  return url;
}

/** A migrated database of its own for one spec file. */
export class TestDatabase {
  private constructor(
    private readonly name: string,
    /** Connects as superuser, past row-level security: for looking, never for doing. */
    readonly adminUrl: string,
  ) {}

  static async create(services: ServiceMigrations[]): Promise<TestDatabase> {
    const name = `test_${randomBytes(6).toString('hex')}`;
    await withClient(adminUrl(), (client) => client.query(`CREATE DATABASE ${name}`));
    const url = new URL(adminUrl());
    url.pathname = `/${name}`;
    const database = new TestDatabase(name, url.toString());
    await database.migrate(services);
    return database;
  }

  /** Brings it to a newer version, as an upgrade does: rows that exist are taken along. */
  async migrate(services: ServiceMigrations[]): Promise<void> {
    await migrateAll({ adminUrl: this.adminUrl, roleSecret: ROLE_SECRET, services });
  }

  url(service: string, role: DatabaseRole): string {
    return roleUrl(this.adminUrl, ROLE_SECRET, service, role);
  }

  /** Runs SQL as superuser. */
  async query<R extends pg.QueryResultRow>(sql: string, params: unknown[] = []): Promise<R[]> {
    return withClient(this.adminUrl, async (client) => (await client.query<R>(sql, params)).rows);
  }

  async drop(): Promise<void> {
    await withClient(adminUrl(), (client) =>
      client.query(`DROP DATABASE IF EXISTS ${this.name} WITH (FORCE)`),
    );
  }
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
