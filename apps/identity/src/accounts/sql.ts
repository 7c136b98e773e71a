import type { QueryConfig, QueryResult, QueryResultRow } from 'pg';

/** A transaction as what only writes sees it: a tenant's ({@link TenantDb}) or one without a tenant ({@link AccountTransaction}). */
export type SqlExecutor = {
  /** Runs a statement and answers how many rows it touched; one with a `name` is planned once by each connection. */
  execute(sql: string, params?: unknown[], name?: string): Promise<unknown>;
};

/** A transaction as what also reads sees it. */
export type SqlSession = SqlExecutor & {
  query<R extends QueryResultRow>(sql: string, params?: unknown[], name?: string): Promise<R[]>;
};

/** Speaks so to a connection. */
export function sessionOf(connection: {
  query<R extends QueryResultRow>(statement: QueryConfig): Promise<QueryResult<R>>;
}): SqlSession {
  return {
    async query<R extends QueryResultRow>(sql: string, params?: unknown[], name?: string) {
      return (await connection.query<R>(statementOf(sql, params, name))).rows;
    },
    execute: async (sql, params, name) =>
      (await connection.query(statementOf(sql, params, name))).rowCount ?? 0,
  };
}

/** A statement as pg takes it. */
export function statementOf(text: string, values: unknown[] = [], name?: string): QueryConfig {
  return { ...(name ? { name } : {}), text, values };
}
