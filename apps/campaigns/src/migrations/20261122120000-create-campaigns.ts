import { messagingTables } from '@leadwire/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { accountTables } from './create-accounts.sql.js';
import { campaignTables } from './create-campaigns.sql.js';

export class CreateCampaigns20261122120000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of [...messagingTables('campaigns'), ...accountTables, ...campaignTables])
      await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
