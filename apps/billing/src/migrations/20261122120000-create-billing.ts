import { messagingTables } from '@leadwire/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ACCOUNT_TABLES } from './account-tables.js';
import { LEDGER_TABLES } from './ledger-tables.js';
import { PRICE_TABLES } from './price-tables.js';

export class CreateBilling20261122120000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [...messagingTables('billing'), ...LEDGER_TABLES, ...PRICE_TABLES, ...ACCOUNT_TABLES];
    for (const sql of statements) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
