import { leadStageErrors, leadStatusErrors } from '@leadwire/contracts';
import { newId } from '@leadwire/kernel';
import type { TenantDb } from '@leadwire/persistence';
import { DEFAULT_STAGES, DEFAULT_STATUSES } from './default-labels.js';
import { invalid } from './lead-fields.js';

/** A team's ordered list of words for its leads. Stages and statuses are the two there are. */
export const STAGES = {
  table: 'lead_stages',
  leadColumn: 'stage',
  unique: 'lead_stages_key',
  errors: leadStageErrors,
  defaults: DEFAULT_STAGES,
} as const;
export const STATUSES = {
  table: 'lead_statuses',
  leadColumn: 'status',
  unique: 'lead_statuses_key',
  errors: leadStatusErrors,
  defaults: DEFAULT_STATUSES,
} as const;
export type LabelKind = typeof STAGES | typeof STATUSES;

/**
 * Gives a tenant the default stages and statuses, unless it has some. Both the event of a new tenant and the first use
 * before that event call it, in any order and number.
 */
export async function provisionLabels(db: TenantDb): Promise<void> {
  for (const { table, defaults } of [STAGES, STATUSES]) {
    await db.execute(
      `INSERT INTO ${table} (id, tenant_id, key, label, color, display_order)
       SELECT d.id, $1, d.key, d.label, d.color, d.place - 1
       FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[]) WITH ORDINALITY AS d (id, key, label, color, place)
       WHERE NOT EXISTS (SELECT FROM ${table} WHERE tenant_id = $1)
       ON CONFLICT (tenant_id, key) DO NOTHING`,
      [
        db.tenantId,
        defaults.map(() => newId()),
        defaults.map(({ key }) => key),
        defaults.map(({ label }) => label),
        defaults.map(({ color }) => color),
      ],
    );
  }
}

/**
 * Stage and status for a new lead: the given ones, else the first. They cannot be removed until the transaction ends.
 * @throws AppError `request.invalid` when the team has no such stage or status
 */
export async function pickLabels(
  db: TenantDb,
  given: { stage?: string; status?: string },
): Promise<{ stage: string; status: string }> {
  const pick = () => Promise.all([hold(db, STAGES, given.stage), hold(db, STATUSES, given.status)]);
  let [stage, status] = await pick();
  if (stage === undefined || status === undefined) {
    await provisionLabels(db);
    [stage, status] = await pick();
  }
  return { stage: required(STAGES, stage), status: required(STATUSES, status) };
}

/**
 * Makes sure that the stage and status a lead changes to exist, and stay until the transaction ends.
 * @throws AppError `request.invalid` when the team has no such stage or status
 */
export async function requireLabels(db: TenantDb, given: { stage?: string; status?: string }): Promise<void> {
  if (given.stage !== undefined) required(STAGES, await hold(db, STAGES, given.stage));
  if (given.status !== undefined) required(STATUSES, await hold(db, STATUSES, given.status));
}

// The lock is a foreign key's: whoever wants to remove the row waits until the lead is there to be counted.
async function hold(
  db: TenantDb,
  { table }: LabelKind,
  key: string | undefined,
): Promise<string | undefined> {
  const [row] = await db.query<{ key: string }>(
    `SELECT key
     FROM ${table}
     WHERE tenant_id = $1 AND ($2::text IS NULL OR key = $2)
     ORDER BY display_order, id
     LIMIT 1
     FOR KEY SHARE`,
    [db.tenantId, key ?? null],
  );
  return row?.key;
}

function required({ leadColumn }: LabelKind, key: string | undefined): string {
  if (key === undefined) throw invalid(leadColumn, `is no ${leadColumn} of this team`);
  return key;
}
