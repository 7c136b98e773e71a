import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { Connections, Statements, statementOf, type SqlSession } from '@leadwire/persistence';
import type { QueryConfig, QueryResultRow } from 'pg';
import type { DataSource } from 'typeorm';
import { ACT_AS_USER } from './accounts.queries.js';

/**
 * A transaction without a tenant, for what people do before or beside any team: their address, password, mails. It sees the
 * tables that carry no tenant; of those with row-level security it sees nothing, or what a person sees of themselves.
 */
@Injectable()
export class AccountTransaction {
  /** Each statement a transaction of its own: for hot paths. */
  readonly alone: SqlSession;
  private readonly connections: Connections;

  constructor(@InjectDataSource() source: DataSource) {
    this.connections = Connections.of(source);
    this.alone = new Statements({ query: (statement) => this.connections.statement(statement) });
  }

  /** @throws what `work` throws; AppError `request.unavailable` when the database is away */
  run<T>(work: (db: SqlSession) => Promise<T>): Promise<T> {
    return this.connections.transaction(undefined, (sql) => work(new Statements(sql)));
  }

  /** The same, seeing what this person sees of themselves in whatever team. */
  runAs<T>(userId: string, work: (db: SqlSession) => Promise<T>): Promise<T> {
    return this.connections.transaction(as(userId), (sql) => work(new Statements(sql)));
  }

  /** Statements that need no answer of each other, in one transaction and one packet. */
  async together(...statements: QueryConfig[]): Promise<QueryResultRow[][]> {
    return (await this.connections.together(statements)).map(({ rows }) => rows as QueryResultRow[]);
  }

  /**
   * One read of what a person sees of themselves in whatever team.
   * @param name of the statement, which each connection then plans once
   * @throws AppError `request.unavailable` when the database is away
   */
  readAs<R extends QueryResultRow>(
    userId: string,
    sql: string,
    params: unknown[],
    name: string,
  ): Promise<R[]> {
    return this.connections.read<R>(as(userId), statementOf(sql, params, name));
  }
}

function as(userId: string): QueryConfig {
  return statementOf(ACT_AS_USER, [userId], 'act-as-user');
}
