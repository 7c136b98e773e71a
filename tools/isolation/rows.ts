import type pg from 'pg';
import { setTimeout as wait } from 'node:timers/promises';
import { NOT_COMPARED, ownedBy, ownedTables, rowOf, type OwnedTable } from './owned-tables.ts';

const MEMBERS = `SELECT user_id AS id FROM identity.memberships WHERE tenant_id = $1`;
const PENDING_EVENTS = `
  SELECT quote_ident(n.nspname) || '.domain_events' AS "table"
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relname = 'domain_events'
    AND c.relkind IN ('r', 'p')`;

const LOOK_EVERY_MS = 150;
/** Something at rest looks the same this many times in a row. */
const LOOKS_ALIKE = 4;

/** Which rows are a team's: those of its tenant, and those of its people. */
export type Owners = { tenantId: string; userIds: string[] };
/** For each table, how many rows a team has there and what they add up to. */
export type Snapshot = Record<string, string>;

/** What the database holds of one team, seen past row-level security. */
export class Rows {
  private readonly database: pg.Pool;
  private readonly tables: OwnedTable[];
  readonly owners: Owners;

  private constructor(database: pg.Pool, tables: OwnedTable[], owners: Owners) {
    this.database = database;
    this.tables = tables;
    this.owners = owners;
  }

  static async of(database: pg.Pool, tenantId: string): Promise<Rows> {
    const tables = await ownedTables(database);
    const { rows: members } = await database.query<{ id: string }>(MEMBERS, [tenantId]);
    return new Rows(database, tables, { tenantId, userIds: members.map(({ id }) => id) });
  }

  /** Count and sum of the hashes of the team's rows in each table. */
  async snapshot(): Promise<Snapshot> {
    const { rows } = await this.database.query<{ table: string; hash: string }>({
      // Planned once: a plan over every table costs more than it takes to follow it.
      name: `snapshot of ${this.owners.tenantId}`,
      text: this.unionOf(
        (table) =>
          `SELECT '${table}' AS "table", count(*) || ':' || coalesce(sum(hashtextextended(${rowOf(table)}, 0)), 0) AS hash`,
        this.tables.filter(({ table }) => !NOT_COMPARED.has(table)),
      ),
      values: this.parameters(),
    });
    return Object.fromEntries(rows.map(({ table, hash }) => [table, hash]));
  }

  /** Every text that the team's rows hold, at any depth: ids, names, sealed values. */
  async texts(): Promise<Map<string, string>> {
    const { rows } = await this.database.query<{ table: string; row: unknown }>(
      this.unionOf((table) => `SELECT '${table}' AS "table", to_jsonb(t) AS row`),
      this.parameters(),
    );
    const found = new Map<string, string>();
    for (const { table, row } of rows) collect(row, (text) => found.set(text, table));
    return found;
  }

  /** The tables in which a row of the team, or of one of its people beside those it began with, says one of these texts. */
  async holding(texts: readonly string[], person?: { tenantId: string; userId: string }): Promise<string[]> {
    const { tenantId, userIds } = this.owners;
    const patterns = texts.map((text) => `%${text}%`);
    const people = person ? [...userIds, person.userId] : userIds;
    const { rows } = await this.database.query<{ table: string }>({
      name: `holding of ${tenantId}`,
      text: this.tables
        .map(
          ({ table, column }) =>
            `SELECT '${table}' AS "table" WHERE EXISTS (SELECT FROM ${table} t WHERE ${ownedBy(table, column, '= ANY ($1::uuid[])')} AND t::text LIKE ANY ($3::text[]))`,
        )
        .join(' UNION ALL '),
      values: [[tenantId, person?.tenantId ?? tenantId], people, patterns],
    });
    return rows.map(({ table }) => table);
  }

  /** Waits until every event has left and nothing of the team changes any more. @throws Error after `deadlineMs` */
  async rest(deadlineMs: number): Promise<Snapshot> {
    const deadline = Date.now() + deadlineMs;
    let last = '';
    for (let alike = 0; ;) {
      const now = await this.snapshot();
      const text = JSON.stringify(now);
      alike = text === last && (await this.eventsPending()) === 0 ? alike + 1 : 0;
      if (alike >= LOOKS_ALIKE) return now;
      if (Date.now() > deadline) throw new Error('The rows of a team that nobody touches keep changing.');
      last = text;
      await wait(LOOK_EVERY_MS);
    }
  }

  private async eventsPending(): Promise<number> {
    const { rows: tables } = await this.database.query<{ table: string }>(PENDING_EVENTS);
    const { rows } = await this.database.query<{ n: number }>(
      `SELECT sum(n)::int AS n FROM (${tables.map(({ table }) => `SELECT count(*) AS n FROM ${table} WHERE NOT processed`).join(' UNION ALL ')}) pending`,
    );
    return rows[0]?.n ?? 0;
  }

  // One statement for all tables, so that a snapshot is of one moment.
  private unionOf(select: (table: string) => string, tables = this.tables): string {
    return tables
      .map(({ table, column }) => `${select(table)} FROM ${table} t WHERE ${ownedBy(table, column, '= $1')}`)
      .join(' UNION ALL ');
  }

  private parameters(): unknown[] {
    return [this.owners.tenantId, this.owners.userIds];
  }
}

/** The tables in which two snapshots differ. */
export function changed(before: Snapshot, after: Snapshot): string[] {
  const tables = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...tables].filter((table) => before[table] !== after[table]).sort();
}

function collect(value: unknown, take: (text: string) => void): void {
  if (typeof value === 'string') take(value);
  else if (Array.isArray(value)) for (const item of value) collect(item, take);
  else if (typeof value === 'object' && value !== null)
    for (const item of Object.values(value)) collect(item, take);
}
