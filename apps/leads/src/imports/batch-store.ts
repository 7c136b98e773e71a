import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { ImportBatchStored, LeadUpdated, type ImportDedupe } from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { isRetryable, isUniqueViolation, type TenantDb, type TenantTransaction } from '@leadwire/persistence';
import type { PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { leadUpdated } from '../pipeline/lead-row.js';
import { copyText, type Batch } from './batch.js';
import { holdPipeline, type Pipeline } from './import-pipeline.js';
import { LeaseLost } from './import-stops.js';
import { PROGRESS } from './imports.queries.js';
import {
  COPY_ROWS,
  COUNT_FOR_PLANNER,
  PREPARE_STAGING,
  STORE_ROWS,
  TAKE_TURN,
  type StoredRows,
} from './store.queries.js';

/** Ids of one event: two lists of as many stay well below what an event may weigh. */
const EVENT_IDS_MAX = 700;
const RACES_MAX = 5;
/** As many new leads as make a plan for few of them slow. */
const LEADS_THAT_MATTER = 1_000;

/** The import that a batch belongs to, and the lease under which it may be stored. */
export type ImportRun = {
  importId: string;
  lease: string;
  dedupe: ImportDedupe;
  pipeline: Pipeline;
};
export type Progress = { recordsDone: number; bytesRead: number; rejected: number; isFirst: boolean };

/** Somebody wrote one of these leads between our look and our write. */
class Raced extends Error {}

/**
 * Stores one batch: rows, counters, checkpoint and events commit together, so that a crash loses the whole batch or
 * nothing, and never counts it twice. The rows are handed to the database at once; they are stored after `turn`, the
 * batch before, since the checkpoint may not overtake it.
 * @returns how many leads are new
 * @throws LeaseLost | Interrupted
 */
export async function storeBatch(
  tenant: TenantTransaction,
  ctx: Ctx,
  run: ImportRun,
  batch: Batch,
  progress: Progress,
  turn: Promise<void>,
): Promise<number> {
  const countForPlanner = () => tenant.run(ctx, (db) => db.execute(COUNT_FOR_PLANNER));
  if (progress.isFirst && batch.rows.length >= LEADS_THAT_MATTER) await countForPlanner();
  const imported = await retryRaces(() =>
    tenant.copy(ctx, async (db, client) => {
      if (batch.rows.length > 0) await stage(client, batch);
      await turn;
      return store(db, run, batch, progress);
    }),
  );
  if (progress.isFirst && imported >= LEADS_THAT_MATTER) await countForPlanner();
  return imported;
}

// The work is one transaction: what failed has left nothing behind.
async function retryRaces<T>(work: () => Promise<T>): Promise<T> {
  for (let race = 1; ; race++) {
    try {
      return await work();
    } catch (error) {
      const again = error instanceof Raced || isRetryable(error) || isUniqueViolation(error);
      if (!again || race >= RACES_MAX) throw error;
    }
  }
}

async function stage(client: PoolClient, batch: Batch): Promise<void> {
  await client.query(PREPARE_STAGING);
  await pipeline(Readable.from([Buffer.from(copyText(batch.rows))]), client.query(copyFrom(COPY_ROWS)));
}

// Answers how many leads are new.
async function store(db: TenantDb, run: ImportRun, batch: Batch, progress: Progress): Promise<number> {
  const stored =
    batch.rows.length > 0
      ? await storeRows(db, run)
      : { createdIds: [], absent: 0, different: 0, changed: [] };
  const imported = stored.createdIds.length;
  const updated = stored.changed.length;
  const duplicates = batch.duplicates + batch.rows.length - imported - updated;
  const { recordsDone, bytesRead, rejected } = progress;
  const kept = await db.execute(PROGRESS, [
    db.tenantId,
    run.importId,
    run.lease,
    recordsDone,
    bytesRead,
    imported,
    updated,
    duplicates,
    rejected,
  ]);
  if (kept === 0) throw new LeaseLost();
  announce(db, run.importId, stored);
  return imported;
}

async function storeRows(db: TenantDb, run: ImportRun): Promise<StoredRows> {
  await holdPipeline(db, run.pipeline);
  await db.execute(TAKE_TURN, [db.tenantId]);
  const [stored] = await db.query<StoredRows>(STORE_ROWS[run.dedupe], [
    db.tenantId,
    run.importId,
    db.ctx.userId,
    run.pipeline.firstStage,
    run.pipeline.firstStatus,
  ]);
  if (!stored || stored.createdIds.length !== stored.absent || stored.changed.length !== stored.different)
    throw new Raced();
  return stored;
}

function announce(db: TenantDb, importId: string, { createdIds, changed }: StoredRows): void {
  const updatedIds = changed.map(({ id }) => id);
  for (let at = 0; at < Math.max(createdIds.length, updatedIds.length); at += EVENT_IDS_MAX) {
    db.emit(ImportBatchStored, importId, {
      createdLeadIds: createdIds.slice(at, at + EVENT_IDS_MAX),
      updatedLeadIds: updatedIds.slice(at, at + EVENT_IDS_MAX),
    });
  }
  for (const lead of changed)
    db.emit(LeadUpdated, lead.id, leadUpdated(lead), { version: Number(lead.version) });
}
