import { PIPELINE_LABELS_MAX } from '@leadwire/contracts';
import { newId, type Ctx } from '@leadwire/kernel';
import { isUniqueViolation, type TenantDb, type TenantTransaction } from '@leadwire/persistence';
import { provisionLabels, STAGES, type LabelKind } from './labels.js';

export type LabelRow = {
  id: string;
  key: string;
  label: string;
  description: string | null;
  color: string;
  displayOrder: number;
  createdAt: Date;
  updatedAt: Date;
};
export type LabelFields = { label?: string; description?: string | null; color?: string };

const GREY = '#64748b';
const KEY_MAX = 60;

/** What can be done to the stages or the statuses of a team; both are kept alike. */
export class LabelList {
  private readonly columns: string;

  constructor(
    private readonly tenant: TenantTransaction,
    private readonly kind: LabelKind,
  ) {
    const description = kind === STAGES ? 'description' : 'NULL AS description';
    this.columns = `id, key, label, ${description}, color, display_order AS "displayOrder",
      created_at AS "createdAt", updated_at AS "updatedAt"`;
  }

  /** All of them, in their order. */
  async list(ctx: Ctx): Promise<LabelRow[]> {
    const read = () => this.tenant.read<LabelRow>(ctx, this.select(), [ctx.tenantId]);
    const rows = await read();
    if (rows.length > 0) return rows;
    await this.tenant.run(ctx, provisionLabels);
    return read();
  }

  /** Adds one at `place`, or at the end, and answers `toDto` of it. */
  async create<T>(
    ctx: Ctx,
    { key, label, place, ...fields }: LabelFields & { key?: string; label: string; place?: number },
    toDto: (row: LabelRow) => T,
  ): Promise<T> {
    const { table, unique, errors } = this.kind;
    const id = newId();
    try {
      return await this.tenant.run(ctx, async (db) => {
        const others = await this.lockAll(db);
        if (others.length >= PIPELINE_LABELS_MAX) throw errors.too_many();
        await db.execute(
          `INSERT INTO ${table} (id, tenant_id, key, label, color, display_order) VALUES ($1, $2, $3, $4, $5, $6)`,
          [
            id,
            db.tenantId,
            key ?? keyOf(label, this.kind.leadColumn),
            label.trim(),
            (fields.color ?? GREY).toLowerCase(),
            others.length,
          ],
        );
        await this.write(db, id, { description: fields.description });
        if (place !== undefined) await this.arrange(db, others, id, place);
        return toDto(await this.read(db, id));
      });
    } catch (cause) {
      throw isUniqueViolation(cause, unique) ? errors.duplicate({ cause }) : cause;
    }
  }

  /** Changes one, and moves it when `place` is given. */
  update<T>(
    ctx: Ctx,
    id: string,
    { place, ...fields }: LabelFields & { place?: number },
    toDto: (row: LabelRow) => T,
  ): Promise<T> {
    return this.tenant.run(ctx, async (db) => {
      const all = await this.lockAll(db);
      if (!all.includes(id)) throw this.kind.errors.not_found();
      await this.write(db, id, {
        ...fields,
        label: fields.label?.trim(),
        color: fields.color?.toLowerCase(),
      });
      if (place !== undefined) await this.arrange(db, all, id, place);
      return toDto(await this.read(db, id));
    });
  }

  /** Removes one that no lead has. */
  remove(ctx: Ctx, id: string): Promise<void> {
    const { table, leadColumn, errors } = this.kind;
    return this.tenant.run(ctx, async (db) => {
      const all = await this.lockAll(db);
      if (!all.includes(id)) throw errors.not_found();
      if (all.length === 1) throw errors.last_one();
      const [{ key }] = (await db.query<{ key: string }>(
        `SELECT key FROM ${table} WHERE tenant_id = $1 AND id = $2 FOR UPDATE`,
        [db.tenantId, id],
      )) as [{ key: string }];
      const used = await db.query(
        `SELECT FROM leads WHERE tenant_id = $1 AND ${leadColumn} = $2 AND NOT is_deleted LIMIT 1`,
        [db.tenantId, key],
      );
      if (used.length > 0) throw errors.in_use();
      await db.execute(`DELETE FROM ${table} WHERE tenant_id = $1 AND id = $2`, [db.tenantId, id]);
    });
  }

  private select(where = ''): string {
    return `SELECT ${this.columns} FROM ${this.kind.table} WHERE tenant_id = $1 ${where} ORDER BY display_order, id`;
  }

  // One change of the list at a time; leads may be created meanwhile.
  private async lockAll(db: TenantDb): Promise<string[]> {
    const { table } = this.kind;
    await db.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`${table}|${db.tenantId}`]);
    const ids = () =>
      db.query<{ id: string }>(`SELECT id FROM ${table} WHERE tenant_id = $1 ORDER BY display_order, id`, [
        db.tenantId,
      ]);
    let rows = await ids();
    if (rows.length === 0) {
      await provisionLabels(db);
      rows = await ids();
    }
    return rows.map(({ id }) => id);
  }

  private async write(db: TenantDb, id: string, fields: LabelFields): Promise<void> {
    const given = Object.entries(fields).filter(([, value]) => value !== undefined);
    if (given.length === 0) return;
    const assignments = given.map(([column], i) => `${column} = $${i + 3}`).join(', ');
    await db.execute(`UPDATE ${this.kind.table} SET ${assignments} WHERE tenant_id = $1 AND id = $2`, [
      db.tenantId,
      id,
      ...given.map(([, value]) => value),
    ]);
  }

  private async arrange(db: TenantDb, order: string[], id: string, place: number): Promise<void> {
    const { table } = this.kind;
    const arranged = order.filter((other) => other !== id).toSpliced(place, 0, id);
    await db.execute(
      `UPDATE ${table} l
       SET display_order = o.place - 1
       FROM unnest($2::uuid[]) WITH ORDINALITY AS o (id, place)
       WHERE l.tenant_id = $1 AND l.id = o.id AND l.display_order <> o.place - 1`,
      [db.tenantId, arranged],
    );
  }

  private async read(db: TenantDb, id: string): Promise<LabelRow> {
    const [row] = await db.query<LabelRow>(this.select('AND id = $2'), [db.tenantId, id]);
    if (!row) throw this.kind.errors.not_found();
    return row;
  }
}

/** A key for programs out of a label for people; labels without Latin letters get one by chance. */
export function keyOf(label: string, prefix: string): string {
  const key = label
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, KEY_MAX)
    .replace(/^-|-$/g, '');
  return key || `${prefix}-${newId().slice(-8)}`;
}
