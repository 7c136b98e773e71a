import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { leadImportErrors, type FeatureKey, type ImportStatus } from '@leadwire/contracts';
import { Entitlements } from '@leadwire/entitlements';
import { AppError, systemCtx, type Ctx } from '@leadwire/kernel';
import { TenantTransaction } from '@leadwire/persistence';
import { LOGGER, ObjectStorage, type Logger } from '@leadwire/platform';
import type { DataSource } from 'typeorm';
import { ImportRunner, type ImportOrder } from './import-runner.js';
import { readPipeline } from './import-pipeline.js';
import { announceEnd, type Ended } from './import-end.js';
import { FeatureOff, Interrupted, LeaseLost } from './import-stops.js';
import {
  CLAIM,
  COMPLETE,
  COUNT_FAILURE,
  FAIL,
  FORGET_MET_LEADS,
  LEASE_MS,
  LEASE_RENEW_MS,
  RELEASE,
  RENEW,
} from './imports.queries.js';
import { LeadImportEntity } from './lead-import.entity.js';

/** Imports that one process works on at once, each of another tenant; the COPY connections allow no more. */
const AT_ONCE = 2;
const POLL_MS = 1_000;
const RETRY_MS = 5_000;
const FAILED_TRIES_MAX = 5;
const FEATURE: FeatureKey = 'lead_import';

type Claim = { importId: string; tenantId: string; lease: string };

/** Looks for imports that wait, of any tenant, and carries them out beside the requests. */
@Injectable()
export class ImportWorker implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopping = new AbortController();
  private readonly lanes: Promise<void>[] = [];
  private wake = new AbortController();

  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(ObjectStorage) private readonly storage: ObjectStorage,
    @Inject(getDataSourceToken()) private readonly dataSource: DataSource,
    @Inject(Entitlements) private readonly entitlements: Entitlements,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    for (let i = 0; i < AT_ONCE; i++) this.lanes.push(this.lane());
  }

  /** Ends after the batches under way; what is left goes on in another process. */
  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    this.nudge();
    await Promise.all(this.lanes);
  }

  /** There may be work now: do not wait for the next poll. */
  nudge(): void {
    this.wake.abort();
    this.wake = new AbortController();
  }

  private async lane(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const { signal } = this.wake;
      const claim = await this.claim().catch((err: unknown) => {
        this.logger.warn({ err }, 'imports could not be looked for');
        return undefined;
      });
      if (claim) await this.work(claim);
      else await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  // The one statement outside a tenant: which tenant it is, is the question. It calls a function that answers nothing else.
  private async claim(): Promise<Claim | undefined> {
    const lease = randomUUID();
    const [found] = await this.dataSource.query<{ importId: string; tenantId: string }[]>(CLAIM, [
      lease,
      LEASE_MS,
    ]);
    return found && { ...found, lease };
  }

  private async work(claim: Claim): Promise<void> {
    const timer = setInterval(() => void this.renew(claim), LEASE_RENEW_MS);
    try {
      await this.carryOut(claim);
    } catch (error) {
      await this.giveBack(claim, error).catch((err: unknown) =>
        this.logger.warn({ err }, 'an import could not be given back'),
      );
    } finally {
      clearInterval(timer);
    }
  }

  private async carryOut(claim: Claim): Promise<void> {
    const { importId, tenantId, lease } = claim;
    if (!(await this.entitlements.hasFeature(tenantId, FEATURE))) throw new FeatureOff();
    const entity = await this.tenant.run(systemCtx(tenantId), (db) =>
      db.require(LeadImportEntity, importId, leadImportErrors.not_found),
    );
    const ctx = systemCtx(tenantId, { userId: entity.createdByUserId });
    const pipeline = await this.tenant.run(ctx, readPipeline);
    const rowsMax = await this.entitlements.limitOf(tenantId, FEATURE, 'rowsPerImport');
    const runner = new ImportRunner(
      this.tenant,
      this.storage,
      ctx,
      toOrder(entity, lease),
      pipeline,
      // Between two batches: a team that is suspended meanwhile goes on where it stopped, when it may again.
      () => this.stopping.signal.aborted || this.entitlements.hasFeature(tenantId, FEATURE) === false,
      rowsMax,
    );
    await this.end(ctx, claim, 'completed', COMPLETE, [await runner.run()]);
  }

  private async giveBack(claim: Claim, error: unknown): Promise<void> {
    if (error instanceof LeaseLost) return;
    const { importId, tenantId, lease } = claim;
    const ctx = systemCtx(tenantId);
    const key = [tenantId, importId, lease];
    if (error instanceof AppError && error.kind === 'unprocessable') return this.fail(ctx, claim, error);
    if (error instanceof Interrupted || isPassing(error)) {
      const waitMs = error instanceof Interrupted ? 0 : RETRY_MS;
      await this.tenant.run(ctx, (db) => db.execute(RELEASE, [...key, waitMs]));
      return;
    }
    this.logger.error({ err: error, importId, tenantId }, 'an import was interrupted by an error');
    const [row] = await this.tenant.run(ctx, (db) =>
      db.query<{ attemptsFailed: number }>(COUNT_FAILURE, key),
    );
    if (row && row.attemptsFailed >= FAILED_TRIES_MAX)
      return this.fail(ctx, claim, leadImportErrors.broken());
    await this.tenant.run(ctx, (db) => db.execute(RELEASE, [...key, RETRY_MS]));
  }

  private async fail(ctx: Ctx, claim: Claim, error: AppError): Promise<void> {
    await this.end(ctx, claim, 'failed', FAIL, [error.code, error.message]);
  }

  // State and announcement in one transaction; the upload goes only after it, since a retry would need it.
  private async end(
    ctx: Ctx,
    claim: Claim,
    status: ImportStatus,
    sql: string,
    params: unknown[],
  ): Promise<void> {
    const objectKey = await this.tenant.run(ctx, async (db) => {
      const [ended] = await db.query<Ended>(sql, [claim.tenantId, claim.importId, claim.lease, ...params]);
      if (!ended) return undefined;
      await db.execute(FORGET_MET_LEADS, [claim.tenantId, claim.importId]);
      announceEnd(db, claim.importId, status, ended);
      return ended.objectKey;
    });
    if (objectKey) await this.storage.remove(objectKey);
  }

  private async renew({ tenantId, importId, lease }: Claim): Promise<void> {
    await this.tenant
      .run(systemCtx(tenantId), (db) => db.execute(RENEW, [tenantId, importId, lease]))
      .catch((err: unknown) =>
        this.logger.warn({ err, importId }, 'the lease of an import could not be renewed'),
      );
  }
}

// Nothing that is wrong with the import: it waits.
function isPassing(error: unknown): boolean {
  if (error instanceof AppError) return error.kind === 'unavailable' || error.kind === 'timeout';
  return error instanceof FeatureOff;
}

function toOrder(entity: LeadImportEntity, lease: string): ImportOrder {
  const { id, objectKey, dedupe, encoding, delimiter, givenMapping } = entity;
  return {
    id,
    lease,
    objectKey,
    rejectionsKey: objectKey.replace(/\.csv$/, '.rejected.csv'),
    dedupe,
    encoding,
    delimiter,
    givenMapping,
    recordsDone: Number(entity.recordsDone),
  };
}
