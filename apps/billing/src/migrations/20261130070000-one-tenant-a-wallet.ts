import type { MigrationInterface, QueryRunner } from 'typeorm';

const LINKED = ['lot_consumptions', 'wallet_upkeep'];
const TABLES = [...LINKED, 'billing_wallets'];

/**
 * All that names a wallet is of the wallet's tenant, by key. These two had none, as its check cost as much as the row while every
 * posting wrote one. Row-level security lets nobody, not even the owner, see all tenants: it is put aside, so that what exists is checked.
 */
export class OneTenantAWallet20261130070000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const links = LINKED.map(
      (table) =>
        `ALTER TABLE ${table} ADD CONSTRAINT ${table}_of_its_wallet
           FOREIGN KEY (tenant_id, wallet_id) REFERENCES billing_wallets (tenant_id, id)`,
    );
    for (const table of TABLES) await runner.query(`ALTER TABLE ${table} NO FORCE ROW LEVEL SECURITY`);
    for (const sql of links) await runner.query(sql);
    for (const table of TABLES) await runner.query(`ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
