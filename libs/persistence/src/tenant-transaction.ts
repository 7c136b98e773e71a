import { isUuid, requestErrors, type Ctx } from '@leadwire/kernel';
import { EntityManager, type DataSource } from 'typeorm';
import type { Pool, PoolClient, QueryConfig, QueryResult, QueryResultRow } from 'pg';
import { Connections, hearLoss, rollBack } from './connections.js';
import { translateDatabaseError } from './database-errors.js';
import { idempotentRequest, refuseRepeat, remember } from './idempotency.js';
import type { OutboxSignal } from './outbox.js';
import type { SqlConnection } from './pipeline.js';
import { Statements, statementOf, type SqlSession } from './sql-session.js';
import { TenantDb } from './tenant-db.js';

const SET_TENANT = `SELECT set_config('app.tenant_id', $1, true)`;

export type RunOptions = {
  /** The event whose handling this transaction is; what it emits names it as its cause. */
  causationId?: string;
};

/** What `work` came to, and what is sent with the commit. */
type Done<T> = {
  result: T;
  finish: () => { wroteEvents: boolean; sent: (Promise<unknown> | undefined)[] };
};

/** A pool whose clients do not pipeline, for COPY. */
export type CopyPool = Pool;

/**
 * The only way to a tenant's rows. Each call is one transaction that sees one tenant's rows: Postgres itself refuses the others.
 */
export class TenantTransaction {
  private readonly connections: Connections;

  constructor(
    private readonly dataSource: DataSource,
    private readonly copyPool: CopyPool,
    private readonly signal: OutboxSignal,
  ) {
    this.connections = Connections.of(dataSource);
    copyPool.on('connect', hearLoss);
  }

  /**
   * Runs `work` in a transaction of the caller's tenant and commits. Deadlocks and serialisation failures run it again
   * (up to three times in all), so `work` must have no effect outside the database.
   * @throws what `work` throws; AppError `request.unavailable` when the database is away
   */
  async run<T>(ctx: Ctx, work: (db: TenantDb) => Promise<T>, options: RunOptions = {}): Promise<T> {
    return this.commit(actingFor(ctx), (sql) => this.act(ctx, sql, work, options));
  }

  /**
   * {@link run} for a caller whose tenant only the database knows: `find` looks for it before any tenant is set, in the same
   * transaction, so that what it locks stays locked.
   * @throws what `find` and `work` throw; AppError `request.unavailable` when the database is away
   */
  async runFound<F extends { ctx: Ctx }, T>(
    find: (sql: SqlSession) => Promise<F>,
    work: (db: TenantDb, found: F) => Promise<T>,
  ): Promise<T> {
    return this.commit(undefined, async (sql) => {
      const found = await find(new Statements(sql));
      return this.act(found.ctx, new ActingFirst(sql, actingFor(found.ctx)), (db) => work(db, found));
    });
  }

  /** One read, whose transaction is one packet there and one back. */
  async read<R extends QueryResultRow>(
    ctx: Ctx,
    sql: string,
    params: unknown[] = [],
    name?: string,
  ): Promise<R[]> {
    return this.connections.read<R>(actingFor(ctx), statementOf(sql, params, name));
  }

  /**
   * One statement that is a transaction of its own and sets the tenant itself, as a function does that is given it. What it writes to
   * the outbox leaves with the relay's next look.
   */
  async call<R extends QueryResultRow>(ctx: Ctx, sql: string, params: unknown[], name: string): Promise<R[]> {
    requireTenant(ctx);
    return (await this.connections.statement<R>(statementOf(sql, params, name))).rows;
  }

  /** Like {@link run} on a connection that can COPY; statements are not pipelined, and time is not limited. */
  async copy<T>(ctx: Ctx, work: (db: TenantDb, client: PoolClient) => Promise<T>): Promise<T> {
    const acting = actingFor(ctx);
    const client = await this.copyPool
      .connect()
      .catch((error) => Promise.reject(translateDatabaseError(error)));
    try {
      await client.query('BEGIN');
      await client.query(acting);
      const db = new TenantDb(ctx, client, () => this.manager(client), null);
      const result = await work(db, client);
      await Promise.all(db.flushLater());
      const wroteEvents = await db.flushEvents();
      await client.query('COMMIT');
      client.release();
      if (wroteEvents) this.signal.nudge();
      return result;
    } catch (error) {
      await rollBack(client, error, () => client.query('ROLLBACK'));
      throw translateDatabaseError(error);
    }
  }

  private async act<T>(
    ctx: Ctx,
    sql: SqlConnection,
    work: (db: TenantDb) => Promise<T>,
    { causationId }: RunOptions = {},
  ): Promise<Done<T>> {
    const db = new TenantDb(ctx, sql, () => this.manager(sql), causationId ?? null);
    const request = idempotentRequest(ctx);
    if (request) await refuseRepeat(sql, ctx.tenantId, request);
    const result = await work(db);
    return {
      result,
      finish: () => {
        const events = db.flushEvents();
        const remembered = request && remember(sql, ctx.tenantId, request, result);
        return { wroteEvents: events !== undefined, sent: [...db.flushLater(), events, remembered] };
      },
    };
  }

  private async commit<T>(
    acting: QueryConfig | undefined,
    work: (sql: SqlConnection) => Promise<Done<T>>,
  ): Promise<T> {
    let wroteEvents = false;
    const { result } = await this.connections.transaction(acting, work, ({ finish }) => {
      const finished = finish();
      ({ wroteEvents } = finished);
      return finished.sent;
    });
    if (wroteEvents) this.signal.nudge();
    return result;
  }

  // TypeORM on a connection and transaction that we opened: it must neither begin one of its own nor release ours.
  private manager(connection: SqlConnection): EntityManager {
    const runner = this.dataSource.createQueryRunner();
    Object.assign(runner, { databaseConnection: connection, isTransactionActive: true, transactionDepth: 1 });
    return new EntityManager(this.dataSource, runner);
  }
}

/** Says for whom a transaction works with its first statement, in one packet. */
class ActingFirst implements SqlConnection {
  private isActing = false;

  constructor(
    private readonly connection: SqlConnection,
    private readonly acting: QueryConfig,
  ) {}

  query<R extends QueryResultRow>(
    statement: string | QueryConfig,
    values?: unknown[],
  ): Promise<QueryResult<R>> {
    if (!this.isActing) {
      this.isActing = true;
      // Failing, it takes the statement behind it along, whose caller hears of it.
      this.connection.query(this.acting).catch(() => undefined);
    }
    return this.connection.query<R>(statement, values);
  }
}

function actingFor(ctx: Ctx): QueryConfig {
  requireTenant(ctx);
  return statementOf(SET_TENANT, [ctx.tenantId], 'set-tenant');
}

function requireTenant(ctx: Ctx): void {
  if (!isUuid(ctx.tenantId))
    throw requestErrors.unauthenticated({ internal: 'a transaction needs a tenant' });
}
