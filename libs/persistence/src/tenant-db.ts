import { subjectOf, type EventType } from '@leadwire/contracts';
import { assert, EVENT_BYTES_MAX, newId, type AppError, type Ctx } from '@leadwire/kernel';
import type { DeepPartial, EntityManager, EntityTarget, FindOptionsWhere, ObjectLiteral } from 'typeorm';
import type { QueryConfig } from 'pg';
import { INSERT_EVENTS } from './outbox.queries.js';
import type { SqlConnection } from './pipeline.js';
import { Statements, statementOf } from './sql-session.js';

/** What rows of a tenant have in common. */
export type TenantRow = ObjectLiteral & { id: string; tenantId: string };

type Emitted = { id: string; type: EventType; aggregateId: string; version: number; payload: string };

export type EmitOptions = {
  /** Position among the events of the aggregate, for consumers that must not apply an older fact over a newer one. */
  version?: number;
};

/**
 * The database as one use case sees it: one transaction, one tenant. Everything written here, and every event emitted,
 * commits together or not at all.
 */
export class TenantDb extends Statements {
  private readonly emitted: Emitted[] = [];
  private readonly later: QueryConfig[] = [];
  private entityManager?: EntityManager;

  constructor(
    readonly ctx: Ctx,
    connection: SqlConnection,
    private readonly openManager: () => EntityManager,
    private readonly causationId: string | null,
  ) {
    super(connection);
  }

  get tenantId(): string {
    return this.ctx.tenantId;
  }

  /** TypeORM on this transaction, for what the short-cuts below do not say. */
  get manager(): EntityManager {
    return (this.entityManager ??= this.openManager());
  }

  /** Runs a statement that nothing here waits for, in one packet with the commit; the transaction fails with it. */
  atLast(sql: string, params: unknown[], name: string): void {
    this.alsoAtLast([statementOf(sql, params, name)]);
  }

  /** {@link atLast} for statements that somebody else made. */
  alsoAtLast(statements: QueryConfig[]): void {
    this.later.push(...statements);
  }

  /** Inserts one row of this tenant, with an id if it brings none, and returns it with what the database filled in. */
  async insert<E extends TenantRow>(entity: EntityTarget<E>, values: DeepPartial<E>): Promise<E> {
    const row = this.manager.create(entity, {
      id: newId(),
      ...values,
      tenantId: this.tenantId,
    } as DeepPartial<E>);
    await this.manager.insert(entity, row as never);
    return row;
  }

  /** The row, or undefined when it is absent or another tenant's. */
  async find<E extends TenantRow>(
    entity: EntityTarget<E>,
    where: FindOptionsWhere<E>,
  ): Promise<E | undefined> {
    return (
      (await this.manager.findOne(entity, { where: { ...where, tenantId: this.tenantId } as never })) ??
      undefined
    );
  }

  /**
   * The row with this id; absent and another tenant's are the same.
   * @param lock takes the row for the rest of the transaction: use it before changing what events must stay in order.
   * @throws the given error
   */
  async require<E extends TenantRow>(
    entity: EntityTarget<E>,
    id: string,
    notFound: () => AppError,
    lock = false,
  ): Promise<E> {
    const row = await this.manager.findOne(entity, {
      where: { id, tenantId: this.tenantId } as never,
      ...(lock ? { lock: { mode: 'pessimistic_write' as const } } : {}),
    });
    if (!row) throw notFound();
    return row;
  }

  /** Changes the named columns of one row. */
  async update<E extends TenantRow>(entity: EntityTarget<E>, id: string, values: Partial<E>): Promise<void> {
    await this.manager.update(entity, { id, tenantId: this.tenantId } as never, values as never);
  }

  /** Announces a fact: its outbox row is written with the commit, and published after it. */
  emit<D extends object>(type: EventType<D>, aggregateId: string, data: D, options: EmitOptions = {}): void {
    const payload = JSON.stringify(data);
    assert(
      payload.length <= EVENT_BYTES_MAX,
      `${type.type} is at most ${EVENT_BYTES_MAX} bytes; send a reference instead`,
    );
    assert(subjectOf(type.type, this.tenantId).length < 200, 'subjects stay short');
    this.emitted.push({
      id: newId(),
      type: type as EventType,
      aggregateId,
      version: options.version ?? 0,
      payload,
    });
  }

  /** Sends what was left for the end, without waiting; used by the transaction at its end. */
  flushLater(): Promise<unknown>[] {
    return this.later.splice(0).map((statement) => this.connection.query(statement));
  }

  /** Sends the outbox rows of what was emitted so far, without waiting; used by the transaction at its end. */
  flushEvents(): Promise<unknown> | undefined {
    if (this.emitted.length === 0) return undefined;
    const events = this.emitted.splice(0);
    const { ctx } = this;
    const metadata = (version: number) =>
      JSON.stringify({
        version,
        actor: ctx.actor,
        userId: ctx.userId,
        correlationId: ctx.requestId,
        causationId: this.causationId,
        traceparent: ctx.traceparent,
      });
    const values = [
      events.map((e) => e.id),
      this.tenantId,
      events.map((e) => e.type.type),
      events.map((e) => e.type.aggregate),
      events.map((e) => e.aggregateId),
      events.map((e) => e.payload),
      events.map((e) => metadata(e.version)),
    ];
    return this.connection.query({ name: 'insert-events', text: INSERT_EVENTS, values });
  }
}
