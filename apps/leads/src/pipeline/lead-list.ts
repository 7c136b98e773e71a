import type { Lead, LeadFilter, LeadSort, ListLeads, Page } from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import type { CursorPosition, Cursors } from '@leadwire/persistence';
import { LEAD_COLUMNS, toLead, type LeadRow } from './lead-row.js';
import { fitting } from './page-size.js';
import { searchTerms } from './search-terms.js';

/** A lead with the text of what it was sorted by: a Date would lose Postgres' microseconds. */
export type SortedLead = LeadRow & { sortKey: string | null };
type Read = (sql: string, params: unknown[]) => Promise<SortedLead[]>;

type SortKey = { column: string; type: string; mayBeEmpty: boolean };
/** Each has its index; `createdAt` is the order of the ids themselves. */
const SORT_KEYS: Record<Exclude<LeadSort, 'createdAt'>, SortKey> = {
  updatedAt: { column: 'updated_at', type: 'timestamptz', mayBeEmpty: false },
  lastActivityAt: { column: 'last_activity_at', type: 'timestamptz', mayBeEmpty: true },
  lastName: { column: 'last_name', type: 'varchar', mayBeEmpty: true },
  priority: { column: 'priority', type: 'int', mayBeEmpty: true },
  estimatedValue: { column: 'value_rank', type: 'double precision', mayBeEmpty: true },
};

/** SQL under construction: conditions, and the values they refer to. */
export class Conditions {
  readonly values: unknown[] = [];
  private readonly clauses: string[] = [];

  /** Adds a condition; `?` stands for the values in their order. */
  add(clause: string, ...values: unknown[]): this {
    let at = this.values.length;
    this.clauses.push(clause.replaceAll('?', () => `$${++at}`));
    this.values.push(...values);
    return this;
  }

  get sql(): string {
    return this.clauses.join('\n    AND ');
  }
}

/** What a filter demands of a lead. */
export function filterConditions(tenantId: string, filter: LeadFilter): Conditions {
  const conditions = new Conditions().add('tenant_id = ?', tenantId).add('NOT is_deleted');
  conditions.add('is_archived = ?', filter.archived ?? false);
  if (filter.stage !== undefined) conditions.add('stage = ?', filter.stage);
  if (filter.status !== undefined) conditions.add('status = ?', filter.status);
  if (filter.assignedUserId !== undefined) conditions.add('assigned_user_id = ?', filter.assignedUserId);
  if (filter.importId !== undefined) conditions.add('import_id = ?', filter.importId);
  if (filter.createdAfter !== undefined) conditions.add('created_at >= ?::timestamptz', filter.createdAfter);
  if (filter.createdBefore !== undefined) conditions.add('created_at < ?::timestamptz', filter.createdBefore);
  if (filter.q !== undefined) {
    const { words, name } = searchTerms(filter.q);
    conditions.add('id IN (SELECT search_leads(?, ?))', words, name);
  }
  return conditions;
}

/**
 * Reads up to `rows` leads after a position. Leads without a value of the sort key stand in no index, so they are a second
 * stretch behind the first; a position in it has no key.
 */
export async function listLeads(
  read: Read,
  tenantId: string,
  input: ListLeads,
  rows: number,
  after: CursorPosition | undefined,
): Promise<SortedLead[]> {
  const { sort = 'createdAt', order = 'desc' } = input;
  const key = sort === 'createdAt' ? undefined : SORT_KEYS[sort];
  const stretch = (empty: boolean, from: CursorPosition | undefined, limit: number) => {
    const { sql, values } = stretchQuery(filterConditions(tenantId, input), key, empty, order, from, limit);
    return read(sql, values);
  };
  if (!key?.mayBeEmpty) return stretch(false, after, rows);
  if (after && after[0] === null) return stretch(true, after, rows);
  const valued = await stretch(false, after, rows);
  return valued.length >= rows
    ? valued
    : [...valued, ...(await stretch(true, undefined, rows - valued.length))];
}

function stretchQuery(
  conditions: Conditions,
  key: SortKey | undefined,
  empty: boolean,
  order: 'asc' | 'desc',
  after: CursorPosition | undefined,
  limit: number,
): { sql: string; values: unknown[] } {
  const compare = order === 'asc' ? '>' : '<';
  const byKey = key && !empty;
  if (key?.mayBeEmpty) conditions.add(`${key.column} IS ${empty ? '' : 'NOT '}NULL`);
  if (after && byKey)
    conditions.add(`(${key.column}, id) ${compare} (?::${key.type}, ?::uuid)`, after[0], after[1]);
  if (after && !byKey) conditions.add(`id ${compare} ?::uuid`, after[1]);
  return {
    sql: `
  SELECT ${LEAD_COLUMNS}, ${byKey ? `${key.column}::text` : 'NULL'} AS "sortKey"
  FROM leads
  WHERE ${conditions.sql}
  ORDER BY ${byKey ? `${key.column} ${order}, ` : ''}id ${order}
  LIMIT ${limit}`,
    values: conditions.values,
  };
}

/** Cuts rows read with `limit + 1` to a page that fits a message. */
export function leadPage(
  cursors: Cursors,
  ctx: Ctx,
  list: string,
  input: ListLeads,
  rows: SortedLead[],
  limit: number,
): Page<Lead> {
  const page = { ...input, limit: fitting(rows, limit, leadBytes) };
  return cursors.page(ctx, list, page, rows, ({ sortKey, id }) => [sortKey, id], toLead);
}

/** Roughly what a lead weighs in an answer; only the parts that can be large are measured. */
export function leadBytes({ customFields, notes }: LeadRow): number {
  const FIXED_BYTES = 1_500;
  return FIXED_BYTES + Buffer.byteLength(JSON.stringify(customFields)) + Buffer.byteLength(notes ?? '');
}
