import { createHash, randomBytes } from 'node:crypto';
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
  /** Kept open: a log-in costs a spec more than most of its queries. */
  private readonly pool: pg.Pool;

  private constructor(
    private readonly name: string,
    /** Connects as superuser, past row-level security: for looking, never for doing. */
    readonly adminUrl: string,
  ) {
    this.pool = new pg.Pool({ connectionString: adminUrl, max: 4 });
    // An idle connection that Postgres ends is replaced at the next query.
    this.pool.on('error', () => undefined);
  }

  static async create(services: ServiceMigrations[]): Promise<TestDatabase> {
    const name = `test_${randomBytes(6).toString('hex')}`;
    const template = templateOf(services);
    if (!templates.has(template)) await ensureTemplate(template, services);
    templates.add(template);
    await administer(`CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY FILE_COPY`);
    return new TestDatabase(name, urlOf(name));
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
    return (await this.pool.query<R>(sql, params)).rows;
  }

  async drop(): Promise<void> {
    await this.pool.end();
    await administer(`DROP DATABASE IF EXISTS ${this.name} WITH (FORCE)`);
  }
}

/** Named by what it holds: the migrations of a run do not change while it runs. */
function templateOf(services: ServiceMigrations[]): string {
  const holds = services.map(({ service, migrations }) => [service, ...migrations.map(({ name }) => name)]);
  const hash = createHash('sha256').update(JSON.stringify(holds)).digest('hex');
  return `template_${hash.slice(0, 16)}`;
}

/** Those that this process knows to be there. */
const templates = new Set<string>();

// A copy of a migrated database takes a tenth of the time that its migrations take. One that was killed half-way has another name.
async function ensureTemplate(template: string, services: ServiceMigrations[]): Promise<void> {
  await withClient(adminUrl(), async (client) => {
    // Specs of several processes want the same one: one makes it, the others wait.
    await client.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [template]);
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [template]);
    if (rowCount !== 0) return;
    const unfinished = `${template}_unfinished`;
    await client.query(`DROP DATABASE IF EXISTS ${unfinished} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${unfinished}`);
    await migrateAll({ adminUrl: urlOf(unfinished), roleSecret: ROLE_SECRET, services });
    await client.query(`ALTER DATABASE ${unfinished} RENAME TO ${template}`);
  });
}

let administration: pg.Pool | undefined;

/** On one connection for all specs of this process, since opening one costs more than what is done on it. */
async function administer(sql: string): Promise<void> {
  administration ??= openAdministration();
  await administration.query(sql);
}

function openAdministration(): pg.Pool {
  const pool = new pg.Pool({ connectionString: adminUrl(), max: 1, allowExitOnIdle: true });
  // Who started Postgres may stop it before this process ends.
  pool.on('error', () => undefined);
  return pool;
}

function urlOf(database: string): string {
  return Object.assign(new URL(adminUrl()), { pathname: `/${database}` }).href;
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
