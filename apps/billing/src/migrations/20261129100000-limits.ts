import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ALLOWANCE_FUNCTIONS } from './allowance-functions.js';
import { LIMIT_TABLES } from './limit-tables.js';
import { QUOTA_FUNCTIONS } from './quota-functions.js';

/** One currency for each wallet; quotas of features; allowances of members. */
export class Limits20261129100000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of [...LIMIT_TABLES, ...QUOTA_FUNCTIONS, ...ALLOWANCE_FUNCTIONS]) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
