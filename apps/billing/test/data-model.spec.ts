import { globSync } from 'node:fs';
import { requiredModel, TestDatabase } from '@leadwire/testing';
import pg from 'pg';
import { listInvoices } from '../src/invoices/invoices.queries.js';
import { listLedger } from '../src/ledger/ledger.queries.js';
import { migrations } from '../src/migrations/index.js';
import { listUsage } from '../src/usage/usage.queries.js';

const SOURCE = new URL('../src/', import.meta.url);
/** SQLSTATE of a column that is missing; in a subquery its name may mean several of those around it. */
const NAMES_NOTHING = ['42703', '42702'];
const STATEMENT = /^\s*(SELECT|WITH|INSERT|UPDATE|DELETE)\b/;
const CHANGES = /\b(INSERT INTO|UPDATE|DELETE FROM)\b/;
/** Columns that the table itself fills by a default, and a trigger keeps. */
const KEPT_BY_THE_TABLE = ['created_at', 'updated_at'];
/** What no statement reads: times of rows, for whoever looks into the database after an incident. */
const UNREAD = [
  'user_credits.created_at',
  'user_credits.updated_at',
  'billing_pricing_catalog.created_at',
  'billing_pricing_catalog.updated_at',
  'billing_usage_events.updated_at',
  'billing_invoices.updated_at',
  'billing_feature_entitlements.created_at',
];
/** What no statement writes, and why. */
const UNWRITTEN = { 'billing_wallets.user_id': 'docs/adr/0019-one-wallet-per-team.md' };

const { domain_events: _, ...required } = requiredModel['billing'] ?? {};
const columns = Object.entries(required).flatMap(([table, fields]) =>
  Object.keys(fields).map((column) => `${table}.${column}`),
);

/** Every statement of the service that is text: what its queries export, and what lists build without a filter. */
async function statements(): Promise<string[]> {
  const texts = [listInvoices({}), listLedger({}), listUsage({})].map(({ sql }) => sql);
  for (const file of globSync('**/*.queries.ts', { cwd: SOURCE })) {
    const module = (await import(new URL(file, SOURCE).href)) as Record<string, unknown>;
    texts.push(...Object.values(module).filter((value) => typeof value === 'string'));
  }
  return texts.filter((text) => STATEMENT.test(text));
}

/** Columns that a text of SQL assigns; `*` for a whole row. */
function assigned(sql: string): Set<string> {
  const found = new Set<string>();
  for (const [, table = '', list] of sql.matchAll(
    /\bINSERT INTO (\w+)(?: AS \w+)?\s*(?:\(([^)]*)\)|SELECT \*)/g,
  ))
    for (const column of list?.split(',') ?? ['*']) found.add(`${table}.${column.trim()}`);
  for (const [, table = '', list = ''] of sql.matchAll(
    /\bUPDATE (\w+)(?: \w+)?\s+SET\s([\s\S]*?)(?=\b(?:FROM|WHERE|RETURNING)\b|;|$)/g,
  ))
    for (const [, column = ''] of list.matchAll(/(?:^|,)\s*(\w+) =/g)) found.add(`${table}.${column}`);
  for (const [, table = '', list = ''] of sql.matchAll(
    /\bINSERT INTO (\w+)(?:(?!\bINSERT INTO\b)[^;])*?\bDO UPDATE\s+SET\s([^;]*)/g,
  ))
    for (const [, column = ''] of list.matchAll(/(?:^|,)\s*(\w+) =/g)) found.add(`${table}.${column}`);
  return found;
}

describe('every column that the product demands', () => {
  let database: TestDatabase;
  let client: pg.Client;

  beforeAll(async () => {
    database = await TestDatabase.create([{ service: 'billing', migrations }]);
    client = new pg.Client({ connectionString: database.adminUrl });
    await client.connect();
    await client.query('SET search_path = billing, public');
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  /** Whether the database understands a statement; nothing is done. */
  const understands = async (sql: string): Promise<boolean> => {
    await client.query('SAVEPOINT before');
    try {
      await client.query(`PREPARE asked AS ${sql}`);
      return true;
    } catch (error) {
      if (!NAMES_NOTHING.includes((error as { code: string }).code)) throw error;
      return false;
    } finally {
      await client.query('ROLLBACK TO before');
      await client.query('DEALLOCATE ALL');
    }
  };

  it('is of one of eight tables', () => {
    expect(Object.keys(required)).toHaveLength(8);
  });

  it('is read by a statement that changes nothing', async () => {
    const reading = (await statements()).filter((sql) => !CHANGES.test(sql));
    const unread: string[] = [];
    await client.query('BEGIN');
    for (const sql of reading) expect([sql, await understands(sql)]).toEqual([sql, true]);
    for (const name of columns) {
      const [table = '', column = ''] = name.split('.');
      // Under another name, it is missed by whoever reads it, and by nobody else.
      await client.query('SAVEPOINT as_it_is');
      await client.query(`ALTER TABLE ${table} RENAME COLUMN ${column} TO nobody_knows_me`);
      let missed = false;
      for (const sql of reading) if (sql.includes(table) && !(await understands(sql))) missed = true;
      if (!missed) unread.push(name);
      await client.query('ROLLBACK TO as_it_is');
    }
    await client.query('ROLLBACK');
    expect(unread).toEqual(UNREAD);
  });

  it('is written by a statement, or by a function of the database', async () => {
    const functions = await database.query<{ body: string }>(
      `SELECT prosrc AS body FROM pg_proc WHERE pronamespace = 'billing'::regnamespace`,
    );
    const texts = [...(await statements()), ...functions.map(({ body }) => body)];
    const written = new Set(texts.flatMap((sql) => [...assigned(sql)]));
    const unwritten = columns.filter((name) => {
      const [table = '', column = ''] = name.split('.');
      return !written.has(name) && !written.has(`${table}.*`) && !KEPT_BY_THE_TABLE.includes(column);
    });
    expect(unwritten).toEqual(Object.keys(UNWRITTEN));
  });
});
