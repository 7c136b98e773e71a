import type { TenantDb } from '@leadwire/persistence';
import pg from 'pg';
import { AUDITED } from '../src/audit/audited.js';
import { violationsOfChanged } from '../src/audit/changed.js';
import { violationsOf, type Query } from '../src/audit/invariants.js';
import { ALTERATIONS, type Alteration } from './alterations.js';
import { BusyWallet } from './busy-wallet.js';

/** Each is undone as soon as the audit has looked at it, so that one wallet is enough for all of them. */
describe('a wallet that knows all kinds of rows', () => {
  let wallet: BusyWallet;
  let client: pg.Client;

  beforeAll(async () => {
    wallet = await BusyWallet.start();
    client = new pg.Client({ connectionString: wallet.bench.service.database.adminUrl });
    await client.connect();
    await client.query('SET search_path = billing, public');
  });
  afterAll(async () => {
    await client.end();
    await wallet.stop();
  });

  /** What the audit finds as the service looks at the wallet: with its role, and as its tenant. */
  async function audited() {
    const { tenantId } = wallet.ctx;
    await client.query('SET LOCAL ROLE billing_app');
    await client.query(`SELECT set_config('app.tenant_id', $1, true)`, [tenantId]);
    const query: Query = async <R extends object>(sql: string, params: unknown[]) =>
      (await client.query(sql, params)).rows as R[];
    const [row] = await query<{ walletId: string; to: number }>(
      'SELECT id AS "walletId", last_seq AS to FROM billing_wallets',
      [],
    );
    if (!row) throw new Error('There is no wallet.');
    const tail = { ...row, from: 0, hash: null, event: '0' };
    const whole = await violationsOf(query, row.walletId);
    return [...whole, ...(await violationsOfChanged({ tenantId, query } as TenantDb, tail))];
  }

  async function altered({ sql }: Pick<Alteration, 'sql'>) {
    await client.query('BEGIN');
    try {
      await client.query('SET LOCAL session_replication_role = replica');
      let row: string | undefined;
      for (const statement of sql) {
        const params = statement.includes('$1') ? [wallet.ctx.tenantId] : [];
        row = (await client.query<{ row: string }>(statement, params)).rows[0]?.row;
      }
      return { row, violations: await audited() };
    } finally {
      await client.query('ROLLBACK');
    }
  }

  it('is altered against every invariant', () => {
    const broken = new Set(ALTERATIONS.map(({ breaks }) => breaks));
    expect(AUDITED.filter(({ id }) => !broken.has(id))).toEqual([]);
  });

  it('breaks no invariant', async () => {
    expect((await altered({ sql: [] })).violations).toEqual([]);
  });

  it.each(ALTERATIONS)('$what, altered by hand, breaks $breaks, which names the row', async (alteration) => {
    const { row, violations } = await altered(alteration);
    expect(row).toBeDefined();
    expect(
      violations
        .filter(({ invariant }) => invariant.startsWith(`${alteration.breaks}:`))
        .map((found) => found.row),
    ).toContain(row);
  });

  it('may have uses that were reported ahead of their moment, for which a price was published since', async () => {
    const { violations } = await altered({
      sql: [
        `UPDATE billing_usage_events SET occurred_at = created_at + interval '1 ms' WHERE tenant_id = $1`,
        `UPDATE billing_pricing_catalog SET effective_to =
           (SELECT min(occurred_at) FROM billing_usage_events WHERE tenant_id = $1) WHERE tenant_id = $1`,
      ],
    });
    expect(violations).toEqual([]);
  });
});
