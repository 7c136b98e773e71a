import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { translateDatabaseError } from '@leadwire/persistence';
import type { QueryResultRow } from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';
import type { SqlSession } from './sql.js';

/**
 * A transaction without a tenant, for what people do before or beside any team: their address, password, mails. It sees the
 * tables that carry no tenant; of those with row-level security it sees nothing.
 */
@Injectable()
export class AccountTransaction {
  /** Each statement a transaction of its own: for hot paths, where BEGIN and COMMIT would cost two round trips more. */
  readonly alone: SqlSession = {
    query: (sql, params) => this.statement((db) => db.query(sql, params)),
    execute: (sql, params) => this.statement((db) => db.execute(sql, params)),
  };

  constructor(@InjectDataSource() private readonly source: DataSource) {}

  /** @throws what `work` throws; AppError `request.unavailable` when the database is away */
  async run<T>(work: (db: SqlSession) => Promise<T>): Promise<T> {
    try {
      return await this.source.transaction(async ({ queryRunner }) =>
        work(sessionOf(queryRunner as QueryRunner)),
      );
    } catch (error) {
      throw translateDatabaseError(error);
    }
  }

  private async statement<T>(work: (db: SqlSession) => Promise<T>): Promise<T> {
    const runner = this.source.createQueryRunner();
    try {
      return await work(sessionOf(runner));
    } catch (error) {
      throw translateDatabaseError(error);
    } finally {
      await runner.release();
    }
  }
}

function sessionOf(runner: QueryRunner): SqlSession {
  return {
    async query<R extends QueryResultRow>(sql: string, params: unknown[] = []): Promise<R[]> {
      return (await runner.query(sql, params, true)).records as R[];
    },
    async execute(sql, params = []) {
      return (await runner.query(sql, params, true)).affected ?? 0;
    },
  };
}
