import type { ImportDedupe } from '@leadwire/contracts';
import { JSON_OBJECT_BYTES_MAX } from '@leadwire/kernel';
import { COLUMN_OF, type LeadRow } from '../pipeline/lead-row.js';
import { STAGED } from './batch.js';

/**
 * New entries of the search index are merged into it by {@link MERGE_SEARCH_ENTRIES}, beside the next batch. Merging in the
 * middle of a batch, as the default limit would, makes it wait; this limit is met only when merging fails.
 */
const PENDING_LIMIT = '64MB';

export const MERGE_SEARCH_ENTRIES = `SELECT merge_search_entries()`;

/** The staging table has no statistics, and a plan made for few rows would read all leads again for each: only look-ups will do. */
export const PREPARE_STAGING = `
  CREATE TEMP TABLE IF NOT EXISTS import_rows (
    id uuid NOT NULL,
    ${STAGED.map(([column, , type]) => `${column} ${type}${column.endsWith('_key') ? ' COLLATE "C"' : ''}`).join(',\n    ')},
    search tsvector NOT NULL
  ) ON COMMIT DELETE ROWS;
  SET LOCAL enable_seqscan = off;
  SET LOCAL enable_bitmapscan = off;
  SET LOCAL enable_hashjoin = off;
  SET LOCAL enable_mergejoin = off;
  SET LOCAL jit = off;
  SET LOCAL gin_pending_list_limit = '${PENDING_LIMIT}'`;

export const COPY_ROWS = `COPY import_rows (id, ${STAGED.map(([column]) => column).join(', ')}, search) FROM STDIN`;

/** Tells the planner how many leads the tenant has by now. */
export const COUNT_FOR_PLANNER = `SELECT count_leads_for_planner()`;

/** Two imports of one tenant take turns, batch by batch: neither can slip a lead between the other's look and its insert. */
export const TAKE_TURN = `SELECT pg_advisory_xact_lock(hashtextextended('leadwire:lead-import:' || $1::text, 0))`;

const KEYS = ['email_key', 'phone_key', 'linkedin_key'] as const;
const PLAIN = ['first_name', 'last_name', 'company_name', 'title', 'priority', 'notes'] as const;
const KEYED = { email: 'email_key', phone: 'phone_key', linkedin_url: 'linkedin_key' } as const;
const WRITTEN = [
  ...PLAIN,
  'email',
  'phone',
  'linkedin_url',
  'stage',
  'status',
  'estimated_value',
  'currency',
  'custom_fields',
];

const leadWith = (key: string) =>
  `(SELECT l.id FROM leads l WHERE l.tenant_id = $1 AND l.${key} = r.${key} AND NOT l.is_deleted)`;

/** A key that another lead holds already stays with that one. */
const isFree = (key: string) =>
  `NOT EXISTS (SELECT FROM leads o WHERE o.tenant_id = $1 AND o.${key} = r.${key} AND NOT o.is_deleted AND o.id <> l.id)`;

const FILLED: Record<string, string> = {
  ...Object.fromEntries(PLAIN.map((column) => [column, `coalesce(l.${column}, r.${column})`])),
  ...Object.fromEntries(
    Object.entries(KEYED).map(([column, key]) => [
      column,
      `CASE WHEN l.${column} IS NULL AND r.${key} IS NOT NULL AND ${isFree(key)} THEN r.${column} ELSE l.${column} END`,
    ]),
  ),
  stage: 'l.stage',
  status: 'l.status',
  estimated_value: 'coalesce(l.estimated_value, r.estimated_value)',
  currency: `CASE WHEN l.estimated_value IS NULL AND r.estimated_value IS NOT NULL THEN r.currency ELSE coalesce(l.currency, r.currency) END`,
  custom_fields: 'r.custom_fields || l.custom_fields',
};

const OVERWRITTEN: Record<string, string> = {
  ...Object.fromEntries(
    [...PLAIN, 'stage', 'status', 'estimated_value'].map((column) => [
      column,
      `coalesce(r.${column}, l.${column})`,
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(KEYED).map(([column, key]) => [
      column,
      `CASE WHEN r.${key} IS NOT NULL AND ${isFree(key)} THEN r.${column} ELSE l.${column} END`,
    ]),
  ),
  currency:
    'CASE WHEN l.estimated_value IS NULL OR r.estimated_value IS NOT NULL THEN coalesce(r.currency, l.currency) ELSE l.currency END',
  custom_fields: 'l.custom_fields || r.custom_fields',
};

/** Own fields grow with each import; past the limit of a lead they stay as they were. */
function columnValue(values: Record<string, string>, column: string): string {
  if (column !== 'custom_fields') return values[column] as string;
  const merged = values['custom_fields'] as string;
  return `CASE WHEN r.custom_fields IS NULL OR octet_length((${merged})::text) > ${JSON_OBJECT_BYTES_MAX} THEN l.custom_fields ELSE ${merged} END`;
}

// The first row of a lead counts; ids rise with the lines of the file.
const changes = (values: Record<string, string>, unmet: string) => `
  target AS MATERIALIZED (
    SELECT DISTINCT ON (r.lead_id) r.*
    FROM located r
    WHERE r.lead_id IS NOT NULL ${unmet}
    ORDER BY r.lead_id, r.id
  ),
  wanted AS MATERIALIZED (
    SELECT l.id AS lead_id, l.version, ${WRITTEN.map((column) => `${columnValue(values, column)} AS ${column}`).join(',\n      ')},
      ${WRITTEN.map((column) => `l.${column} AS held_${column}`).join(', ')}
    FROM target r
    CROSS JOIN LATERAL (SELECT * FROM leads WHERE tenant_id = $1 AND id = r.lead_id OFFSET 0) l
  ),
  different AS MATERIALIZED (
    SELECT *
    FROM wanted
    WHERE (${WRITTEN.join(', ')}) IS DISTINCT FROM (${WRITTEN.map((column) => `held_${column}`).join(', ')})
  ),
  changed AS (
    UPDATE leads l
    SET version = l.version + 1, ${WRITTEN.map((column) => `${column} = d.${column}`).join(', ')}
    FROM different d
    WHERE l.tenant_id = $1 AND l.id = d.lead_id AND l.version = d.version
    RETURNING ${Object.entries(COLUMN_OF)
      .map(([field, column]) => `l.${column} AS "${field}"`)
      .join(', ')}
  )`;

// Sorted so that all rows are looked up before the first is inserted: else each look-up would wade through the entries of
// rows inserted a moment ago, which it may not see.
const LOCATED = `
  located AS MATERIALIZED (
    SELECT r.*, coalesce(${KEYS.map(leadWith).join(', ')}) AS lead_id
    FROM import_rows r
    ORDER BY r.id
  )`;

const INSERTED = `
  inserted AS (
    INSERT INTO leads (id, tenant_id, created_by_user_id, import_id, source, search, ${WRITTEN.join(', ')})
    SELECT r.id, $1::uuid, $3::uuid, $2::uuid, 'import', r.search, ${WRITTEN.map((column) => `${insertDefault(column)}`).join(', ')}
    FROM located r
    WHERE r.lead_id IS NULL
    RETURNING id
  )`;

function insertDefault(column: string): string {
  if (column === 'stage') return 'coalesce(r.stage, $4)';
  if (column === 'status') return 'coalesce(r.status, $5)';
  if (column === 'custom_fields') return `coalesce(r.custom_fields, '{}')`;
  return `r.${column}`;
}

// A scalar subquery stays a look-up for each row, where NOT EXISTS would become a join.
const UNMET = `AND (SELECT m.lead_id FROM lead_import_leads m WHERE m.import_id = $2 AND m.lead_id = r.lead_id) IS NULL`;
const MET = `
  met AS (
    INSERT INTO lead_import_leads (import_id, lead_id, tenant_id)
    SELECT $2::uuid, lead_id, $1::uuid FROM target
    UNION ALL
    SELECT $2::uuid, id, $1::uuid FROM inserted
  )`;

const COUNTED = `
    (SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM inserted) AS "createdIds",
    (SELECT count(*)::int FROM located WHERE lead_id IS NULL) AS absent`;
const CHANGED = `
    (SELECT count(*)::int FROM different) AS different,
    (SELECT coalesce(jsonb_agg(to_jsonb(changed)), '[]') FROM changed) AS changed`;

/**
 * Finds the lead of each staged row by e-mail, else phone, else LinkedIn address; inserts the rows of no lead and changes
 * the others' leads as the policy says.
 * $1 tenant, $2 import, $3 user, $4 stage and $5 status of new leads.
 */
export const STORE_ROWS: Record<ImportDedupe, string> = {
  skip: `WITH ${LOCATED}, ${INSERTED} SELECT ${COUNTED}, 0 AS different, '[]'::jsonb AS changed`,
  fill: `WITH ${LOCATED}, ${INSERTED}, ${changes(FILLED, '')} SELECT ${COUNTED}, ${CHANGED}`,
  overwrite: `WITH ${LOCATED}, ${INSERTED}, ${changes(OVERWRITTEN, UNMET)}, ${MET} SELECT ${COUNTED}, ${CHANGED}`,
};

/** `changed` went through JSON: its moments are texts. */
export type StoredRows = { createdIds: string[]; absent: number; different: number; changed: LeadRow[] };
