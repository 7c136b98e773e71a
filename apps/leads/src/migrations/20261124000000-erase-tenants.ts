import { erasureTables } from '@leadwire/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which tenants' data is erased, or about to be. */
export class EraseTenants20261124000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of erasureTables('leads')) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
