import type { QueryResultRow } from 'pg';

/** A transaction as what only writes sees it: a tenant's ({@link TenantDb}) or one without a tenant ({@link AccountTransaction}). */
export type SqlExecutor = {
  /** Runs a statement and answers how many rows it touched. */
  execute(sql: string, params?: unknown[]): Promise<unknown>;
};

/** A transaction as what also reads sees it. */
export type SqlSession = SqlExecutor & {
  query<R extends QueryResultRow>(sql: string, params?: unknown[]): Promise<R[]>;
};
