import type { MigrationInterface, QueryRunner } from 'typeorm';
import { PAYMENT_TABLES } from './payment-tables.js';

/** Paying by card: top-ups, what went back of them, saved cards, top-up by itself, and the provider's events. */
export class Payments20261129140000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of PAYMENT_TABLES) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
