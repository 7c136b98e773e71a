import { assert } from '@leadwire/kernel';
import type { Pool, PoolClient, QueryConfig, QueryResult, QueryResultRow } from 'pg';
import type { DataSource } from 'typeorm';
import { isRetryable, translateDatabaseError } from './database-errors.js';
import { Pipeline, type SqlConnection } from './pipeline.js';

const ATTEMPTS_MAX = 3;
const BEGIN = { text: 'BEGIN' };
const BEGIN_READ_ONLY = { text: 'BEGIN READ ONLY' };
const COMMIT = { text: 'COMMIT' };

/**
 * The connections of a process to its schema and the ways to use one, each with as few packets as it can be done with. `acting` is the
 * statement that says for whom a transaction works, which row-level security goes by. All throw AppError `request.unavailable` when
 * the database is away.
 */
export class Connections {
  constructor(private readonly pool: Pool) {
    // From its first moment on: the server may end a connection in the very packet in which it opened it, before whoever asked the
    // pool for one has it.
    pool.on('connect', hearLoss);
  }

  /** The same connections that TypeORM uses. */
  static of(dataSource: DataSource): Connections {
    return new Connections((dataSource.driver as unknown as { master: Pool }).master);
  }

  /**
   * Runs `work` in a transaction and commits. Deadlocks and serialisation failures run it again (up to three times in all), so it must
   * have no effect outside the database.
   * @param finish what leaves in one packet with the commit
   * @throws what `work` throws
   */
  transaction<T>(
    acting: QueryConfig | undefined,
    work: (sql: SqlConnection) => Promise<T>,
    finish?: (result: T, sql: SqlConnection) => (Promise<unknown> | undefined)[],
  ): Promise<T> {
    return this.attempt(async (sql) => {
      const begun = Promise.all(
        [BEGIN, ...(acting ? [acting] : [])].map((statement) => sql.query(statement)),
      );
      // Failing here fails every later statement too; awaiting it below is for the error, this is for the runtime.
      begun.catch(() => undefined);
      const result = await work(sql);
      await begun;
      const finished = finish?.(result, sql) ?? [];
      const [commit] = await Promise.all([sql.query(COMMIT), ...finished]);
      assert(commit.command === 'COMMIT', 'a transaction that failed is not committed');
      return result;
    });
  }

  /** One read, in a transaction of its own. */
  async read<R extends QueryResultRow>(acting: QueryConfig, statement: QueryConfig): Promise<R[]> {
    const replies = await this.inOnePacket([BEGIN_READ_ONLY, acting, statement, COMMIT]);
    return replies[2]?.rows as R[];
  }

  /** Statements that need no answer of each other, in a transaction of their own. */
  async together(statements: QueryConfig[]): Promise<QueryResult[]> {
    return (await this.inOnePacket([BEGIN, ...statements, COMMIT])).slice(1, -1);
  }

  /** One statement that is a transaction of its own. */
  statement<R extends QueryResultRow>(statement: QueryConfig): Promise<QueryResult<R>> {
    return this.attempt((sql) => sql.query<R>(statement));
  }

  private inOnePacket(statements: QueryConfig[]): Promise<QueryResult[]> {
    return this.attempt((sql) => Promise.all(statements.map((statement) => sql.query(statement))));
  }

  private async attempt<T>(work: (sql: SqlConnection) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.once(work);
      } catch (error) {
        if (attempt >= ATTEMPTS_MAX || !isRetryable(error)) throw translateDatabaseError(error);
      }
    }
  }

  private async once<T>(work: (sql: SqlConnection) => Promise<T>): Promise<T> {
    const client = hearLoss(await this.pool.connect());
    const pipeline = new Pipeline(client);
    try {
      const result = await work(pipeline);
      client.release();
      return result;
    } catch (error) {
      await rollBack(client, error, () => pipeline.rollBack());
      throw error;
    }
  }
}

// pg tells the loss of a connection to the statement under way and, once more, as an event; unheard, that ends the process.
const ignoreLoss = (): void => undefined;

export function hearLoss(client: PoolClient): PoolClient {
  if (client.listenerCount('error', ignoreLoss) === 0) client.on('error', ignoreLoss);
  return client;
}

/** Gives a client back to its pool after a failure; one that cannot roll back, or whose connection broke, must not return. */
export async function rollBack(
  client: PoolClient,
  error: unknown,
  roll: () => Promise<unknown>,
): Promise<void> {
  const rolledBack = await roll().then(
    () => true,
    () => false,
  );
  client.release(rolledBack ? undefined : error instanceof Error ? error : true);
}
