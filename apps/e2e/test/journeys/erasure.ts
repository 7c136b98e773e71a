import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { operatorsApi } from '@leadwire/contracts';
import { eventually } from '@leadwire/testing';
import pg from 'pg';
import { Rows } from '../../../../tools/isolation/rows.ts';
import { newTeam, workingTeam, type Team } from '../../../../tools/isolation/team.ts';
import type { Platform } from '../../../../tools/start/platform.ts';
import type { World } from './world.ts';
import { runTenantsCommand } from '../../../../tools/tenants/commands.ts';
import { asOperator } from '../instance.ts';
import { markEveryTable, SCHEMAS, tablesHolding, tablesOf, tenantTables } from './marked-rows.ts';

const DEADLINE_MS = 120_000;
const MARKER = 'Vexatiously';
const MARK = 'seeded-vexatiously';
/** Enough for dozens of batches, so that killed processes leave a tenant half erased. */
const MANY_ROWS = 60_000;
/** That a tenant was erased, and the books, which law demands: see docs/adr on erasing tenants. */
const TOMBSTONES = SCHEMAS.map((schema) => `${schema}.tenant_erasures`).sort();
const BOOKS = [
  'billing_accounts',
  'billing_credit_lots',
  'billing_credit_notes',
  'billing_invoices',
  'billing_ledger_transactions',
  'billing_number_series',
  'billing_payment_reversals',
  'billing_pricing_catalog',
  'billing_refusals',
  'billing_reservations',
  'billing_top_ups',
  'billing_usage_events',
  'billing_wallets',
  'invoice_upkeep',
  'lot_consumptions',
  'wallet_upkeep',
].map((table) => `billing.${table}`);

export function erasureJourney(world: () => World): void {
  describe('a platform and its teams', () => {
    let platform: Platform;
    /** One connection, for settings of a session; the pool is for everything else. */
    let database: pg.Client;
    let pool: pg.Pool;
    let team: Team;
    let bystander: Team;

    beforeAll(async () => {
      ({ platform } = world());
      database = new pg.Client({ connectionString: platform.adminUrl });
      await database.connect();
      pool = new pg.Pool({ connectionString: platform.adminUrl, max: 4 });
      // The instance goes down under connections that idle.
      pool.on('error', () => undefined);
      const where = { api: platform.urls.api, smtp: platform.urls.smtp, database: pool };
      team = await workingTeam(where, MARKER);
      bystander = await newTeam(where, 'Bystander');
    });
    afterAll(async () => {
      await pool?.end();
      await database?.end();
    });

    const closeTeam = async (tenantId: string) => {
      const { accessToken, tenant } = (await team.owner.in(tenantId).logIn()) as {
        accessToken: string;
        tenant: { id: string; name?: string };
      };
      const response = await fetch(`${platform.urls.api}/v1/tenant/close`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${accessToken}` },
        body: JSON.stringify({ name: tenant.name, password: team.owner.password }),
      });
      expect([response.status, await response.text()]).toEqual([200, expect.any(String)]);
    };

    it('obeys its operators: a suspended team is refused at once, and let in when it is reinstated', async () => {
      const run = (positionals: string[], options = {}) =>
        asOperator(platform, ({ client, ctx }) =>
          runTenantsCommand(client(operatorsApi), ctx, { positionals, ...options }),
        );
      const { tenantId, owner } = bystander;
      const headers = await owner.headers();
      const me = async () => {
        const response = await fetch(`${platform.urls.api}/v1/me`, { headers });
        return [response.status, ((await response.json()) as { code?: string }).code];
      };
      expect(await me()).toEqual([200, undefined]);
      expect(await run(['list', tenantId])).toContain(
        `${tenantId}  team-bystander  active  trial  5 members`,
      );
      expect(await run(['suspend', 'team-bystander'], { reason: 'unpaid since May' })).toContain('suspended');
      await eventually(async () => (await me())[1] === 'tenant.suspended');
      expect(await run(['list'], { status: 'suspended' })).toContain('“unpaid since May”');
      expect(await run(['set-plan', tenantId, 'starter'])).toContain('starter');
      expect(await run(['reinstate', tenantId])).toContain('active');
      await eventually(async () => (await me())[0] === 200);
      expect(await run(['suspend-user', owner.email], { reason: 'spam' })).toContain('suspended “spam”');
      await eventually(async () => (await me())[0] === 401);
      expect(await run(['reinstate-user', owner.userId])).toContain('active');
      expect(await run(['list', 'no-such-team'])).toBe('no such teams');
      await expect(run(['suspend', 'no-such-team'], { reason: 'x' })).rejects.toThrow(
        'no team with the id or slug',
      );
      await expect(run(['suspend', tenantId])).rejects.toThrow('suspend needs --reason');
      await expect(run(['dance'])).rejects.toThrow('npm run tenants');
    });

    it('erases a closed team from every table, file and stream, whatever is killed meanwhile, and nobody else', async () => {
      const { tenantId, owner } = team;
      expect(await markEveryTable(database, tenantId, MARK)).toEqual([]);
      await database.query(
        `INSERT INTO leads.lead_import_leads (import_id, lead_id, tenant_id)
         SELECT gen_random_uuid(), gen_random_uuid(), $1 FROM generate_series(1, ${MANY_ROWS})`,
        [tenantId],
      );
      const files = join(platform.dataDir, 'objects', tenantId);
      expect(readdirSync(files, { recursive: true }).length).toBeGreaterThan(0);
      const others = await Rows.of(pool, bystander.tenantId);
      const before = await others.rest(DEADLINE_MS);

      const { rows: mine } = await database.query<{ id: string }>(
        'SELECT tenant_id AS id FROM identity.memberships WHERE user_id = $1 AND deleted_at IS NULL',
        [owner.userId],
      );
      expect(mine.length).toBeGreaterThan(1);
      for (const { id } of mine) await closeTeam(id);
      await eventually(async () => {
        const { rows } = await database.query('SELECT FROM leads.tenant_erasures WHERE tenant_id = $1', [
          tenantId,
        ]);
        return rows.length > 0;
      }, DEADLINE_MS);
      for (const victim of ['leads', 'identity', 'billing', 'campaigns'])
        await platform.kill(victim, 'SIGKILL');
      await platform.waitReady();

      for (const { id } of mine) {
        await eventually(async () => {
          const left = await tablesOf(database, id);
          return left.every((table) => BOOKS.includes(table) || TOMBSTONES.includes(table));
        }, DEADLINE_MS);
        await eventually(async () => {
          const left = await tablesHolding(database, id);
          expect(left.filter((table) => !BOOKS.includes(table))).toEqual(TOMBSTONES);
          expect(left).toEqual(expect.arrayContaining(['billing.billing_ledger_transactions']));
          return true;
        }, DEADLINE_MS);
      }
      for (const needle of [`Team ${MARKER}`, owner.email, `First ${MARKER}`, `Note ${MARKER}`])
        expect([needle, await tablesHolding(database, needle)]).toEqual([needle, []]);
      expect((await tablesHolding(database, MARK)).filter((table) => !BOOKS.includes(table))).toEqual([]);
      // The books name people by an id that leads to nobody any more.
      const naming = await tablesHolding(database, owner.userId);
      expect(naming.filter((table) => !BOOKS.includes(table))).toEqual(['identity.users']);
      expect(existsSync(files)).toBe(false);
      expect(await others.snapshot()).toEqual(before);
    });

    it('has each table with a tenant under the eyes of this test', async () => {
      expect((await tenantTables(database)).length).toBeGreaterThan(40);
    });
  });
}
