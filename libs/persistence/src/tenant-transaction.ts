import { assert, isUuid, requestErrors, type Ctx } from '@leadwire/kernel';
import { EntityManager, type DataSource } from 'typeorm';
import type { Pool, PoolClient, QueryResultRow } from 'pg';
import { isRetryable, translateDatabaseError } from './database-errors.js';
import { idempotentRequest, refuseRepeat, remember } from './idempotency.js';
import type { OutboxSignal } from './outbox.js';
import { TenantDb } from './tenant-db.js';

const SET_TENANT = `SELECT set_config('app.tenant_id', $1, true)`;
const ATTEMPTS_MAX = 3;

export type RunOptions = {
  /** The event whose handling this transaction is; what it emits names it as its cause. */
  causationId?: string;
};

/** A pool whose clients do not pipeline, for COPY. */
export type CopyPool = Pool;

/**
 * The only way to a connection. Each call is one transaction that sees one tenant's rows: Postgres itself refuses the
 * others. Statements are pipelined, so BEGIN and the tenant cost no round trip of their own.
 */
export class TenantTransaction {
  constructor(
    private readonly dataSource: DataSource,
    private readonly copyPool: CopyPool,
    private readonly signal: OutboxSignal,
  ) {
    // From its first moment on: the server may end a connection in the very packet in which it opened it, before whoever asked the
    // pool for one has it.
    this.pool.on('connect', hearLoss);
    copyPool.on('connect', hearLoss);
  }

  /**
   * Runs `work` in a transaction of the caller's tenant and commits. Deadlocks and serialisation failures run it again
   * (up to three times in all), so `work` must have no effect outside the database.
   * @throws what `work` throws; AppError `request.unavailable` when the database is away
   */
  run<T>(ctx: Ctx, work: (db: TenantDb) => Promise<T>, options: RunOptions = {}): Promise<T> {
    return this.attempt(() => this.once(ctx, work, options));
  }

  /** One read in one round trip: tenant, statement and commit leave together. */
  read<R extends QueryResultRow>(ctx: Ctx, sql: string, params: unknown[] = [], name?: string): Promise<R[]> {
    return this.attempt(async () => {
      requireTenant(ctx);
      const client = await this.connect();
      try {
        const replies = await Promise.all([
          client.query('BEGIN READ ONLY'),
          client.query({ name: 'set-tenant', text: SET_TENANT, values: [ctx.tenantId] }),
          client.query<R>({ ...(name ? { name } : {}), text: sql, values: params }),
          client.query('COMMIT'),
        ]);
        client.release();
        return replies[2].rows;
      } catch (error) {
        await recover(client, error);
        throw error;
      }
    });
  }

  /**
   * One statement that is a transaction of its own and sets the tenant itself, as a function does that is given it: one message there,
   * one back. What it writes to the outbox leaves with the relay's next look.
   */
  call<R extends QueryResultRow>(ctx: Ctx, sql: string, params: unknown[], name: string): Promise<R[]> {
    return this.attempt(async () => {
      requireTenant(ctx);
      const client = await this.connect();
      try {
        const { rows } = await client.query<R>({ name, text: sql, values: params });
        client.release();
        return rows;
      } catch (error) {
        await recover(client, error);
        throw error;
      }
    });
  }

  /** Like {@link run} on a connection that can COPY; statements are not pipelined, and time is not limited. */
  async copy<T>(ctx: Ctx, work: (db: TenantDb, client: PoolClient) => Promise<T>): Promise<T> {
    requireTenant(ctx);
    const client = await this.copyPool
      .connect()
      .catch((error) => Promise.reject(translateDatabaseError(error)));
    try {
      await client.query('BEGIN');
      await client.query(SET_TENANT, [ctx.tenantId]);
      const db = new TenantDb(ctx, client, () => this.manager(client), null);
      const result = await work(db, client);
      const wroteEvents = await db.flushEvents();
      await client.query('COMMIT');
      client.release();
      if (wroteEvents) this.signal.nudge();
      return result;
    } catch (error) {
      await recover(client, error);
      throw translateDatabaseError(error);
    }
  }

  private async attempt<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        if (attempt >= ATTEMPTS_MAX || !isRetryable(error)) throw translateDatabaseError(error);
      }
    }
  }

  private async once<T>(ctx: Ctx, work: (db: TenantDb) => Promise<T>, options: RunOptions): Promise<T> {
    requireTenant(ctx);
    const client = await this.connect();
    try {
      const begun = Promise.all([
        client.query('BEGIN'),
        client.query({ name: 'set-tenant', text: SET_TENANT, values: [ctx.tenantId] }),
      ]);
      // Failing here fails every later statement too; awaiting it below is for the error, this is for the runtime.
      begun.catch(() => undefined);
      const db = new TenantDb(ctx, client, () => this.manager(client), options.causationId ?? null);
      const request = idempotentRequest(ctx);
      if (request) await refuseRepeat(client, ctx.tenantId, request);
      const result = await work(db);
      await begun;
      const events = db.flushEvents();
      const answer = request && remember(client, ctx.tenantId, request, result);
      const [commit] = await Promise.all([client.query('COMMIT'), events, answer]);
      assert(commit.command === 'COMMIT', 'a transaction that failed is not committed');
      client.release();
      if (events) this.signal.nudge();
      return result;
    } catch (error) {
      await recover(client, error);
      throw error;
    }
  }

  private async connect(): Promise<PoolClient> {
    return hearLoss(await this.pool.connect());
  }

  private get pool(): Pool {
    return (this.dataSource.driver as unknown as { master: Pool }).master;
  }

  // TypeORM on a connection and transaction that we opened: it must neither begin one of its own nor release ours.
  private manager(client: PoolClient): EntityManager {
    const runner = this.dataSource.createQueryRunner();
    Object.assign(runner, { databaseConnection: client, isTransactionActive: true, transactionDepth: 1 });
    return new EntityManager(this.dataSource, runner);
  }
}

// pg tells the loss of a connection to the statement under way and, once more, as an event; unheard, that ends the process.
const ignoreLoss = (): void => undefined;

function hearLoss(client: PoolClient): PoolClient {
  if (client.listenerCount('error', ignoreLoss) === 0) client.on('error', ignoreLoss);
  return client;
}

function requireTenant(ctx: Ctx): void {
  if (!isUuid(ctx.tenantId))
    throw requestErrors.unauthenticated({ internal: 'a transaction needs a tenant' });
}

// A client whose ROLLBACK fails, or whose connection broke, must not go back to the pool.
async function recover(client: PoolClient, error: unknown): Promise<void> {
  const rolledBack = await client.query('ROLLBACK').then(
    () => true,
    () => false,
  );
  client.release(rolledBack ? undefined : error instanceof Error ? error : true);
}
