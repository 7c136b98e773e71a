import { systemCtx } from '@leadwire/kernel';
import type { DataSource } from 'typeorm';
import { erasureOrder, type TenantTable, type TenantTableLink } from './erasure-order.js';
import type { TenantDb } from './tenant-db.js';
import type { TenantTransaction } from './tenant-transaction.js';

/** Rows that one statement deletes: far below the time that a statement may take. */
const ERASE_BATCH_ROWS = 2_000;
/** How long one process is believed to be at work on a tenant; a second one beside it would do no harm. */
const CLAIM_MS = 60_000;
const LOOK_AGAIN_MS = 2_000;
/** What was under way when a tenant was erased may still write; for an hour its rows are looked for again. */
const WATCH_MS = 3_600_000;
const WATCH_EVERY_MS = 300_000;

/** Not a tenant's data: that it was erased. */
const TOMBSTONES = 'tenant_erasures';
/** Facts that were not published yet are announced first. */
const ONLY_WHERE: Readonly<Record<string, string>> = { domain_events: 'processed' };

/** Keeps of a tenant that is erased, why, by table. */
export type KeptTables = Readonly<Record<string, string>>;

const REQUEST = `INSERT INTO tenant_erasures (tenant_id) VALUES ($1) ON CONFLICT DO NOTHING`;
const CLAIM = `
  UPDATE tenant_erasures
  SET look_at = clock_timestamp() + ${CLAIM_MS} * interval '1 ms'
  WHERE tenant_id = (
    SELECT tenant_id
    FROM tenant_erasures
    WHERE look_at <= clock_timestamp()
      AND (erased_at IS NULL OR erased_at > clock_timestamp() - ${WATCH_MS} * interval '1 ms')
    ORDER BY look_at
    LIMIT 1
    FOR UPDATE SKIP LOCKED)
  RETURNING tenant_id AS "tenantId"`;
const SETTLE = `
  UPDATE tenant_erasures
  SET erased_at = CASE WHEN $2 THEN coalesce(erased_at, clock_timestamp()) ELSE erased_at END,
    look_at = clock_timestamp() + CASE WHEN $2 THEN ${WATCH_EVERY_MS} ELSE ${LOOK_AGAIN_MS} END * interval '1 ms'
  WHERE tenant_id = $1`;

const TABLES = `
  SELECT c.relname AS name
  FROM pg_class c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
  WHERE c.relnamespace = current_schema()::regnamespace
    AND c.relkind IN ('r', 'p')
    AND NOT c.relispartition`;
const LINKS = `
  SELECT child.relname AS child, parent.relname AS parent,
    ARRAY(SELECT a.attname::text FROM unnest(f.conkey) WITH ORDINALITY k (num, at)
      JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.num ORDER BY k.at) AS "childColumns",
    ARRAY(SELECT a.attname::text FROM unnest(f.confkey) WITH ORDINALITY k (num, at)
      JOIN pg_attribute a ON a.attrelid = f.confrelid AND a.attnum = k.num ORDER BY k.at) AS "parentColumns"
  FROM pg_constraint f
  JOIN pg_class child ON child.oid = f.conrelid
  JOIN pg_class parent ON parent.oid = f.confrelid
  WHERE f.contype = 'f' AND child.relnamespace = current_schema()::regnamespace`;

/**
 * Erases a tenant from one schema: every table that has a `tenant_id` is emptied of it, found in the catalogue, so a table that is
 * made tomorrow is covered. Works in small transactions of that tenant; killed at any moment, it goes on where it was.
 */
export class TenantErasures {
  constructor(
    private readonly tenant: TenantTransaction,
    private readonly source: DataSource,
  ) {}

  /**
   * Notes that the transaction's tenant is to be erased; from the commit on, the service takes no events of it any more.
   * @returns whether that is new
   */
  async request(db: TenantDb): Promise<boolean> {
    return (await db.execute(REQUEST, [db.tenantId])) > 0;
  }

  /** A tenant whose rows are to be looked for now, for this process alone for a minute. */
  async claim(): Promise<string | undefined> {
    const [rows] = await this.source.query<[{ tenantId: string }[], number]>(CLAIM);
    return rows[0]?.tenantId;
  }

  /** Says how far a claimed tenant came. */
  async settle(tenantId: string, erased: boolean): Promise<void> {
    await this.source.query(SETTLE, [tenantId, erased]);
  }

  /**
   * Deletes all that there is of a tenant, but for the kept tables.
   * @returns whether nothing is left; not when `signal` ended it early, and not while events wait for the broker: they are
   * announced before they go
   */
  async erase(tenantId: string, kept: KeptTables, signal?: AbortSignal): Promise<boolean> {
    let empty = true;
    for (const { name, selfLinks } of await this.tables(kept)) {
      const where = ['t.tenant_id = $1', ...selfLinks.map((link) => withoutChildren(name, link))];
      const only = ONLY_WHERE[name];
      await this.drain(tenantId, name, only ? [...where, only] : where, signal);
      if (signal?.aborted) return false;
      if (only) empty &&= !(await this.anyLeft(tenantId, name));
    }
    return empty;
  }

  private async tables(kept: KeptTables): Promise<TenantTable[]> {
    const [tables, links] = await Promise.all([
      this.source.query<{ name: string }[]>(TABLES),
      this.source.query<TenantTableLink[]>(LINKS),
    ]);
    const names = tables.map(({ name }) => name).filter((name) => name !== TOMBSTONES);
    return erasureOrder(names, links, Object.keys(kept));
  }

  private async drain(
    tenantId: string,
    table: string,
    where: string[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const sql = `
      DELETE FROM ${table}
      WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM ${table} t WHERE ${where.join(' AND ')} LIMIT ${ERASE_BATCH_ROWS}))`;
    // One more pass than needed costs one look; a row that another process deleted first must not end the loop early.
    while (!signal?.aborted) {
      const gone = await this.tenant.run(systemCtx(tenantId), (db) => db.execute(sql, [tenantId]));
      if (gone === 0) return;
    }
  }

  private async anyLeft(tenantId: string, table: string): Promise<boolean> {
    const sql = `SELECT FROM ${table} WHERE tenant_id = $1 LIMIT 1`;
    return (await this.tenant.read(systemCtx(tenantId), sql, [tenantId])).length > 0;
  }
}

// Rows that others of the same table point at go last, layer by layer.
function withoutChildren(table: string, { childColumns, parentColumns }: TenantTableLink): string {
  const pairs = childColumns.map((column, i) => `child.${column} = t.${parentColumns[i]}`);
  return `NOT EXISTS (SELECT FROM ${table} child WHERE ${pairs.join(' AND ')})`;
}
