import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../infra/paths.ts';
import { code, GENERATED, table } from './markdown.ts';

/** Runs SQL on the migrated database. */
export type Query = <R extends object>(sql: string, params?: unknown[]) => Promise<R[]>;

type Column = { table: string; name: string; type: string; mandatory: boolean; default: string | null };
type TableFacts = { table: string; isolated: boolean; comment: string | null };
type Constraint = { table: string; definition: string };
type RequiredModel = Record<string, Record<string, Record<string, unknown>>>;

const TABLES = `
  SELECT c.relname AS "table", c.relrowsecurity AND c.relforcerowsecurity AS isolated, obj_description(c.oid, 'pg_class') AS comment
  FROM pg_class c
  WHERE c.relnamespace = $1::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  ORDER BY 1`;
const COLUMNS = `
  SELECT c.relname AS "table", a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS mandatory,
         CASE WHEN a.attgenerated <> '' THEN 'generated' WHEN a.attidentity <> '' THEN 'identity' ELSE pg_get_expr(d.adbin, d.adrelid) END AS "default"
  FROM pg_attribute a
  JOIN pg_class c ON c.oid = a.attrelid
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE c.relnamespace = $1::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped
  ORDER BY a.attnum`;
const CONSTRAINTS = `
  SELECT c.relname AS "table", replace(pg_get_constraintdef(k.oid), $1 || '.', '') AS definition
  FROM pg_constraint k
  JOIN pg_class c ON c.oid = k.conrelid
  WHERE k.connamespace = $1::regnamespace AND k.contype IN ('p', 'u', 'f') AND NOT c.relispartition
  ORDER BY k.contype = 'p' DESC, k.contype, 2`;

/** docs/data-model.md: what the migrated schemas really hold, and which of it the product's model demands. */
export async function dataModelPage(services: readonly string[], query: Query): Promise<string> {
  const required = requiredModel();
  const sections: string[] = [];
  for (const service of services) {
    const [tables, columns, constraints] = await Promise.all([
      query<TableFacts>(TABLES, [service]),
      query<Column>(COLUMNS, [service]),
      query<Constraint>(CONSTRAINTS, [service]),
    ]);
    sections.push(`## ${service}`);
    for (const facts of tables) {
      const own = columns.filter((column) => column.table === facts.table);
      const keys = constraints.filter((constraint) => constraint.table === facts.table);
      sections.push(tableSection(facts, own, keys, required[service]?.[facts.table] ?? {}));
    }
  }
  return [
    GENERATED,
    '# Data model',
    'Tables and columns of each service, read from the catalogue of a migrated database. Each service owns the schema of its name; a reference to another service is a plain id. Columns marked • are demanded by the product’s model and keep name and type; the others are ours. Tables marked *isolated* show a tenant its own rows only, by forced row-level security.',
    ...sections,
    '',
  ].join('\n\n');
}

function tableSection(
  { table: name, isolated, comment }: TableFacts,
  columns: Column[],
  constraints: Constraint[],
  required: Record<string, unknown>,
): string {
  const rows = columns.map((column) => [
    `${code(column.name)}${column.name in required ? ' •' : ''}`,
    column.type,
    column.mandatory ? '' : 'null',
    code(column.default ?? ''),
  ]);
  return [
    `### ${name}`,
    [isolated ? '*Isolated.*' : '', comment ?? ''].filter(Boolean).join(' '),
    table(['Column', 'Type', 'May be', 'Default'], rows),
    constraints.map(({ definition }) => `- ${code(definition)}`).join('\n'),
  ]
    .filter(Boolean)
    .join('\n\n');
}

function requiredModel(): RequiredModel {
  return JSON.parse(
    readFileSync(join(ROOT, 'libs/testing/data/required-schema.json'), 'utf8'),
  ) as RequiredModel;
}
