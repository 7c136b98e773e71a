import type { QueryConfig, QueryResult, QueryResultRow } from 'pg';

/** Where statements are run, as what only writes sees it: in a transaction of a tenant, in one without a tenant, or alone. */
export type SqlExecutor = {
  /** Runs a statement and answers how many rows it touched. */
  execute(sql: string, params?: unknown[], name?: string): Promise<number>;
};

/** The same, as what also reads sees it. */
export type SqlSession = SqlExecutor & {
  query<R extends QueryResultRow>(sql: string, params?: unknown[], name?: string): Promise<R[]>;
};

/** Runs hand-written SQL on a connection. */
export class Statements implements SqlSession {
  constructor(
    protected readonly connection: {
      query<R extends QueryResultRow>(statement: QueryConfig): Promise<QueryResult<R>>;
    },
  ) {}

  /**
   * Runs a statement and returns its rows. Add `tenant_id` to the WHERE where there is one: it is what indexes start with.
   * @param name of a statement that is always the same and runs often: each connection then plans it once
   */
  async query<R extends QueryResultRow>(sql: string, params?: unknown[], name?: string): Promise<R[]> {
    return (await this.connection.query<R>(statementOf(sql, params, name))).rows;
  }

  /** Runs a statement and returns how many rows it touched; `name` as for {@link query}. */
  async execute(sql: string, params?: unknown[], name?: string): Promise<number> {
    return (await this.connection.query(statementOf(sql, params, name))).rowCount ?? 0;
  }
}

/** A statement as pg takes it. */
export function statementOf(text: string, values: unknown[] = [], name?: string): QueryConfig {
  return { ...(name ? { name } : {}), text, values };
}
