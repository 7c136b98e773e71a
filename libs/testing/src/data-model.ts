import { readFileSync } from 'node:fs';
import type { TestDatabase } from './test-database.js';

type RequiredColumn = { type: string; key?: 'PK' | 'FK' | 'UK' };
type RequiredModel = Record<string, Record<string, Record<string, RequiredColumn>>>;
type Column = { table: string; column: string; type: string };

/** The tables and columns that the product must carry, by the service that owns them. */
export const requiredModel = JSON.parse(
  readFileSync(new URL('../data/required-schema.json', import.meta.url), 'utf8'),
) as RequiredModel;

const POSTGRES_TYPES: Record<string, string> = {
  varchar: 'character varying',
  timestamptz: 'timestamp with time zone',
  int: 'integer',
};

const COLUMNS = `
  SELECT table_name AS "table", column_name AS "column", data_type AS type
  FROM information_schema.columns
  WHERE table_schema = $1`;

const UNPROTECTED = `
  SELECT c.relname AS "table"
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname IN ('tenant_id', 'organization_id') AND NOT a.attisdropped
  WHERE n.nspname = $1
    AND c.relkind IN ('r', 'p')
    AND NOT (c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid))`;

const KEYLESS = `
  SELECT c.relname AS "table"
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = $1
    AND c.relkind IN ('r', 'p')
    AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)`;

const REFERENCING_COLUMNS = `
  SELECT c.relname AS "table", a.attname AS "column"
  FROM pg_constraint con
  JOIN pg_class c ON c.oid = con.conrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (con.conkey)
  WHERE n.nspname = $1
    AND con.contype = 'f'`;

// Where a deletion does nothing to those who point at it, nobody deletes: no index would ever be read.
const UNINDEXED_FOREIGN_KEYS = `
  SELECT con.conname AS name
  FROM pg_constraint con
  JOIN pg_namespace n ON n.oid = con.connamespace
  WHERE n.nspname = $1
    AND con.contype = 'f'
    AND NOT EXISTS (
      SELECT FROM pg_index i
      WHERE i.indrelid = con.conrelid
        AND i.indpred IS NULL
        AND (string_to_array(i.indkey::text, ' ')::int2[])[1:cardinality(con.conkey)] @> con.conkey
    )
    AND con.confdeltype <> 'a'`;

// Unique by itself, within its tenant (which `tenants` names `id`), or as what an issuer of identities calls somebody.
const UNIQUE_COLUMNS = `
  SELECT c.relname AS "table", a.attname AS "column"
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
  WHERE n.nspname = $1
    AND i.indisunique
    AND NOT EXISTS (
      SELECT FROM pg_attribute other
      WHERE other.attrelid = c.oid
        AND other.attnum = ANY (i.indkey)
        AND other.attnum <> a.attnum
        AND other.attname <> ALL (ARRAY['tenant_id', 'provider'])
        AND (c.relname, other.attname) <> ('tenants', 'id')
    )`;

/** Whose rows a column names, where they may be another service's: those are plain ids. */
const OWNERS: readonly [RegExp, string][] = [
  [/^tenant_id$|(^|_)user_id$|^created_by$/, 'identity'],
  [/^lead_id$/, 'leads'],
];
const namesRowElsewhere = (service: string, column: string): boolean =>
  OWNERS.some(([pattern, owner]) => owner !== service && pattern.test(column));

/** What a migrated schema lacks of what the product promises; empty when it holds. */
export type ModelFaults = {
  missing: string[];
  wrongType: string[];
  notUnique: string[];
  withoutForeignKey: string[];
  unprotected: string[];
  withoutPrimaryKey: string[];
  unindexedForeignKeys: string[];
};

/** Holds a migrated schema against the required model, and every tenant's table against forced row-level security. */
export async function modelFaults(database: TestDatabase, service: string): Promise<ModelFaults> {
  const required = requiredModel[service.replaceAll('-', '_')] ?? {};
  const columns = await database.query<Column>(COLUMNS, [service]);
  const unique = await database.query<Column>(UNIQUE_COLUMNS, [service]);
  const typeOf = new Map(columns.map(({ table, column, type }) => [`${table}.${column}`, type]));
  const uniqueColumns = namesOf(unique);
  const referencing = namesOf(await database.query<Column>(REFERENCING_COLUMNS, [service]));
  const faults: ModelFaults = {
    missing: [],
    wrongType: [],
    notUnique: [],
    withoutForeignKey: [],
    unprotected: (await database.query<{ table: string }>(UNPROTECTED, [service])).map(({ table }) => table),
    withoutPrimaryKey: (await database.query<{ table: string }>(KEYLESS, [service])).map(
      ({ table }) => table,
    ),
    unindexedForeignKeys: (await database.query<{ name: string }>(UNINDEXED_FOREIGN_KEYS, [service])).map(
      ({ name }) => name,
    ),
  };
  for (const [table, fields] of Object.entries(required)) {
    for (const [column, { type, key }] of Object.entries(fields)) {
      const name = `${table}.${column}`;
      const actual = typeOf.get(name);
      if (actual === undefined) faults.missing.push(name);
      else if (actual !== (POSTGRES_TYPES[type] ?? type))
        faults.wrongType.push(`${name}: ${actual} instead of ${type}`);
      if ((key === 'PK' || key === 'UK') && actual !== undefined && !uniqueColumns.has(name))
        faults.notUnique.push(name);
      // Facts outlive what they tell of.
      const isFree = table === 'domain_events' || namesRowElsewhere(service, column);
      if (key === 'FK' && !referencing.has(name) && !isFree) faults.withoutForeignKey.push(name);
    }
  }
  return faults;
}

const namesOf = (columns: Column[]): Set<string> =>
  new Set(columns.map(({ table, column }) => `${table}.${column}`));

/** What {@link modelFaults} answers for a schema without faults. */
export const NO_FAULTS: ModelFaults = {
  missing: [],
  wrongType: [],
  notUnique: [],
  withoutForeignKey: [],
  unprotected: [],
  withoutPrimaryKey: [],
  unindexedForeignKeys: [],
};
