import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { translateDatabaseError } from '@leadwire/persistence';
import type { Pool, QueryResultRow } from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';
import { ACT_AS_USER } from './accounts.queries.js';
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

  /**
   * One read of what a person sees of themselves in whatever team, in one round trip: person, statement and commit leave together.
   * @param name of the statement, which each connection then plans once
   * @throws AppError `request.unavailable` when the database is away
   */
  async readAs<R extends QueryResultRow>(
    userId: string,
    sql: string,
    params: unknown[],
    name: string,
  ): Promise<R[]> {
    const { master: pool } = this.source.driver as unknown as { master: Pool };
    try {
      const client = await pool.connect();
      try {
        const [, , { rows }] = await Promise.all([
          client.query('BEGIN READ ONLY'),
          client.query({ name: 'act-as-user', text: ACT_AS_USER, values: [userId] }),
          client.query<R>({ name, text: sql, values: params }),
          client.query('COMMIT'),
        ]);
        client.release();
        return rows;
      } catch (error) {
        // Rolled back or not, nobody knows: another connection costs less than finding out.
        client.release(true);
        throw error;
      }
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
