import type { TenantDb } from '@leadwire/persistence';
import { provisionLabels, STAGES, STATUSES } from '../pipeline/labels.js';
import { Interrupted } from './import-stops.js';
import type { Vocabulary } from './row-reader.js';

/** Where new leads start, and what stages and statuses a file may name. */
export type Pipeline = Vocabulary & { firstStage: string; firstStatus: string };
type Entry = { key: string; label: string };

/** The tenant's stages and statuses as a file may name them: by key or by label, in any case. */
export async function readPipeline(db: TenantDb): Promise<Pipeline> {
  await provisionLabels(db);
  const stages = await entries(db, STAGES.table);
  const statuses = await entries(db, STATUSES.table);
  return {
    stages: wordsOf(stages),
    statuses: wordsOf(statuses),
    firstStage: stages[0]?.key ?? '',
    firstStatus: statuses[0]?.key ?? '',
  };
}

/**
 * Keeps the stages and statuses in place until the transaction ends.
 * @throws Interrupted when one is gone: the rows have been checked against words that no longer hold
 */
export async function holdPipeline(db: TenantDb, { stages, statuses }: Pipeline): Promise<void> {
  const heldStages = new Set((await entries(db, STAGES.table)).map(({ key }) => key));
  const heldStatuses = new Set((await entries(db, STATUSES.table)).map(({ key }) => key));
  const kept =
    [...stages.values()].every((key) => heldStages.has(key)) &&
    [...statuses.values()].every((key) => heldStatuses.has(key));
  if (!kept) throw new Interrupted('a stage or status was removed');
}

// The lock is a foreign key's: whoever wants to remove a row waits until the leads are there to be counted.
function entries(db: TenantDb, table: string): Promise<Entry[]> {
  return db.query<Entry>(
    `SELECT key, label FROM ${table} WHERE tenant_id = $1 ORDER BY display_order, id FOR KEY SHARE`,
    [db.tenantId],
  );
}

// A key beats another entry's label.
function wordsOf(list: Entry[]): Map<string, string> {
  return new Map([
    ...list.map(({ key, label }) => [label.toLowerCase(), key] as const),
    ...list.map(({ key }) => [key.toLowerCase(), key] as const),
  ]);
}
