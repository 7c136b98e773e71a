import type { MigrationInterface, QueryRunner } from 'typeorm';
import { INVOICE_TABLES } from './invoice-tables.js';

/** Invoices with their numbers, taxes, documents and credit notes, and who they are made out to. */
export class Invoices20261129130000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of INVOICE_TABLES) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
