import { chmodSync, createReadStream, mkdtempSync, openAsBlob, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { newId } from '@leadwire/kernel';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { ApiClient } from '../demo/client.ts';
import { writeLeadsFile } from '../fixtures/leads-file.ts';
import { startPlatform, type Platform } from '../start/platform.ts';
import { peakMb } from './machine.ts';

const SMALL = 10_000;
const LARGE = 1_000_000;
const DEADLINE_MS = 600_000;

type Import = {
  id: string;
  status: string;
  imported: number;
  startedAt: string | null;
  finishedAt: string | null;
};
type Figures = Record<
  | 'importRowsPerSecond'
  | 'importRatio'
  | 'copyRowsPerSecond'
  | 'bareCopyRowsPerSecond'
  | 'importPeakMb10k'
  | 'importPeakMb1M',
  number
>;

/** Uploads CSV files through the gateway; against COPY of the same file on the same Postgres. */
export async function benchImport(): Promise<Figures> {
  const dataDir = mkdtempSync(join(tmpdir(), 'leadwire-bench-'));
  chmodSync(dataDir, 0o711);
  const platform = await startPlatform({ dataDir, quiet: true, env: { LOG_LEVEL: 'warn' } });
  try {
    const [small, large] = [join(dataDir, 'small.csv'), join(dataDir, 'large.csv')];
    await writeLeadsFile(small, SMALL);
    await writeLeadsFile(large, LARGE);
    await importFile(platform, small, SMALL);
    const importPeakMb10k = peakMb(platform.pids().leads as number);
    await platform.restart('leads');
    const importRowsPerSecond = await importFile(platform, large, LARGE);
    const importPeakMb1M = peakMb(platform.pids().leads as number);
    const copyRowsPerSecond = await copyIndexed(platform.adminUrl, large);
    const bareCopyRowsPerSecond = await copyBare(platform.adminUrl, large);
    return {
      importRowsPerSecond,
      copyRowsPerSecond,
      bareCopyRowsPerSecond,
      importRatio: importRowsPerSecond / copyRowsPerSecond,
      importPeakMb10k,
      importPeakMb1M,
    };
  } finally {
    await platform.stop();
    platform.removeData();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** A new tenant imports the file. Timed from the first row read to the last one committed, as the import reports it. */
async function importFile(platform: Platform, path: string, rows: number): Promise<number> {
  const api = new ApiClient(platform.urls.api);
  await api.signUp(`Bench ${rows}`, `bench-${rows}@leadwire.test`, 'a long bench password');
  const { id } = await api.upload<Import>('/lead-imports', 'leads.csv', await openAsBlob(path));
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const state = await api.get<Import>(`/lead-imports/${id}`);
    if (state.status === 'completed' && state.startedAt && state.finishedAt) {
      if (state.imported !== rows) throw new Error(`${state.imported} of ${rows} rows were imported`);
      return rows / ((Date.parse(state.finishedAt) - Date.parse(state.startedAt)) / 1000);
    }
    if (state.status === 'failed' || Date.now() > deadline)
      throw new Error(`the import is ${JSON.stringify(state)}`);
    await wait(250);
  }
}

/** Columns that a lead must have and the file does not bring: filled by defaults, so that COPY alone is timed. */
const FILL_REQUIRED = `
  SELECT format('ALTER TABLE raw_leads ALTER COLUMN %I SET DEFAULT %s', column_name,
    CASE data_type WHEN 'uuid' THEN 'gen_random_uuid()' ELSE quote_literal('x') END) AS sql
  FROM information_schema.columns
  WHERE table_name = 'raw_leads' AND is_nullable = 'NO' AND column_default IS NULL AND is_generated = 'NEVER'`;

/** COPY of the file into an empty table with the columns, indexes, generated values and search words of `leads`. */
async function copyIndexed(adminUrl: string, path: string): Promise<number> {
  return copyFile(adminUrl, path, async (client) => {
    await client.query('SET search_path = leads, public');
    await client.query('CREATE TABLE raw_leads (LIKE leads.leads INCLUDING ALL)');
    for (const { sql } of (await client.query<{ sql: string }>(FILL_REQUIRED)).rows) await client.query(sql);
    // LIKE leaves triggers out.
    await client.query(
      'CREATE TRIGGER write_search BEFORE INSERT ON raw_leads FOR EACH ROW EXECUTE FUNCTION write_search()',
    );
    await client.query(`ALTER TABLE raw_leads ALTER COLUMN tenant_id SET DEFAULT '${newId()}'`);
  });
}

/** COPY of the file into a bare table: what no import with keys and search can reach. */
async function copyBare(adminUrl: string, path: string): Promise<number> {
  return copyFile(adminUrl, path, async (client) => {
    await client.query(
      'CREATE TABLE raw_leads (first_name text, last_name text, email text, company_name text, title text, phone text)',
    );
  });
}

async function copyFile(
  adminUrl: string,
  path: string,
  prepare: (client: pg.Client) => Promise<void>,
): Promise<number> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  await prepare(client);
  const started = performance.now();
  const copy =
    'COPY raw_leads (first_name, last_name, email, company_name, title, phone) FROM STDIN (FORMAT csv, HEADER true)';
  await pipeline(createReadStream(path), client.query(copyFrom(copy)));
  const seconds = (performance.now() - started) / 1000;
  await client.query('DROP TABLE raw_leads');
  await client.end();
  return LARGE / seconds;
}
