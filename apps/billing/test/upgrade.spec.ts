import { amount, newId, systemCtx } from '@leadwire/kernel';
import { patient, TestDatabase } from '@leadwire/testing';
import pg from 'pg';
import { openPostings } from '../src/ledger/open-postings.js';
import { PROBED_COMMANDS } from '../src/migrations/post-batch.js';
import { MonthsCountedAgain20261130070200 } from '../src/migrations/20261130070200-months-counted-again.js';
import { migrations } from '../src/migrations/index.js';
import { debit, topUp, violationsIn } from './postings.js';

const SERVICE = 'billing';

describe('a ledger that was written before there was a posting core', () => {
  let database: TestDatabase;
  const tenantId = newId();
  const walletId = newId();

  beforeAll(async () => {
    database = await TestDatabase.create([{ service: SERVICE, migrations: migrations.slice(0, 1) }]);
    await database.query(
      `INSERT INTO billing.billing_wallets (id, tenant_id, currency, current_balance, last_seq) VALUES ($1, $2, 'USD', 5.5, 4)`,
      [walletId, tenantId],
    );
    const rows = [
      [1, 'credit', '10', '0', 'trial', `trial:${tenantId}`],
      [2, 'debit', '-8', '10', 'manual', 'a'],
      [3, 'topup', '5', '2', 'manual', 'topup:invoice-7'],
      [4, 'debit', '-1.5', '7', 'manual', 'b'],
    ];
    for (const [seq, type, value, before, reference, key] of rows)
      await database.query(
        `INSERT INTO billing.billing_ledger_transactions (id, tenant_id, wallet_id, wallet_seq, transaction_type, amount,
           balance_before, balance_after, reference_type, idempotency_key, request_hash, description)
         VALUES (gen_random_uuid(), $1, $2, $3, $4, $5, $6, $6::numeric + $5::numeric, $7, $8,
           sha256(convert_to($9, 'UTF8')), 'Top-up')`,
        [
          tenantId,
          walletId,
          seq,
          type,
          value,
          before,
          reference,
          key,
          JSON.stringify([type, amount(String(value)).toFixed(6), reference, null, 'Top-up']),
        ],
      );
    await database.migrate([{ service: SERVICE, migrations }]);
  });
  afterAll(() => database.drop());

  it('gets its chain, its lots and its counter-accounts, and holds every invariant', async () => {
    expect(await violationsIn(database)).toEqual([]);
    expect(
      await database.query(
        `SELECT source, granted, remaining FROM billing.billing_credit_lots WHERE tenant_id = $1 ORDER BY wallet_seq`,
        [tenantId],
      ),
    ).toEqual([
      { source: 'granted', granted: '10.000000', remaining: '0.500000' },
      { source: 'prepaid', granted: '5.000000', remaining: '5.000000' },
    ]);
    expect(
      await database.query(
        `SELECT account, balance FROM billing.billing_accounts WHERE tenant_id = $1 ORDER BY 1`,
        [tenantId],
      ),
    ).toEqual([
      { account: 'cash', balance: '-5.000000' },
      { account: 'promotions', balance: '-10.000000' },
      { account: 'revenue', balance: '9.500000' },
    ]);
  });

  it('is carried on by the posting core, which knows its keys', async () => {
    const { queue, close } = await openPostings(database.url(SERVICE, 'app'));
    const ctx = patient(systemCtx(tenantId));
    const known = { key: 'topup:invoice-7', description: 'Top-up' };
    expect(await queue.submit(ctx, topUp('5', known))).toMatchObject({
      outcome: 'duplicate',
      seq: 3,
      balance: '7.000000',
    });
    expect((await queue.submit(ctx, topUp('6', known))).outcome).toBe('conflict');
    expect(await queue.submit(ctx, debit('5'))).toMatchObject({
      outcome: 'posted',
      seq: 5,
      balance: '0.500000',
    });
    await close();
    expect(await violationsIn(database)).toEqual([]);
  });

  it('is still protected from changes', async () => {
    const sql = `UPDATE billing.billing_ledger_transactions SET description = 'x'`;
    await expect(database.query(sql)).rejects.toThrow('append-only');
  });
});

describe('months that were not counted anew when their usage was rated again', () => {
  let database: TestDatabase;
  const tenantId = newId();
  const walletId = newId();

  beforeAll(async () => {
    const before = migrations.slice(0, migrations.indexOf(MonthsCountedAgain20261130070200));
    database = await TestDatabase.create([{ service: SERVICE, migrations: before }]);
    await database.query(
      `INSERT INTO billing.billing_wallets (id, tenant_id, currency) VALUES ($1, $2, 'USD')`,
      [walletId, tenantId],
    );
    const entry = { category: 'email', provider: 'smtp', unit: 'message', cost: '0', quantity: '7' };
    const uses = [
      ['pending', { ...entry, model: null, quantityBefore: '0' }],
      ['voided', { ...entry, model: null, quantityBefore: '7' }],
      ['pending', { ...entry, model: 'flat' }],
      ['pending', { ...entry, model: 'tiered', quantityBefore: '0' }],
    ];
    for (const [status, item] of uses)
      await database.query(
        `INSERT INTO billing.billing_usage_events (id, tenant_id, wallet_id, feature_key, usage_items, total_quantity, total_cost,
           currency, status, voided_at, idempotency_key, occurred_at)
         VALUES (gen_random_uuid(), $1, $2, 'campaigns', $3, 7, 0, 'USD', $4::text, CASE $4::text WHEN 'voided' THEN now() END,
           gen_random_uuid(), '2026-05-31T23:59:59Z')`,
        [tenantId, walletId, JSON.stringify([item]), status],
      );
    await database.query(
      `INSERT INTO billing.billing_usage_months (tenant_id, month, category, provider, model, unit, currency, quantity)
       SELECT $1, '2026-05-01', 'email', 'smtp', model, 'message', 'USD', 14 FROM unnest('{"", flat}'::text[]) AS model`,
      [tenantId],
    );
    await database.migrate([{ service: SERVICE, migrations }]);
  });
  afterAll(() => database.drop());

  it('say what is counted in them', async () => {
    const months = await database.query(
      `SELECT model, quantity FROM billing.billing_usage_months WHERE tenant_id = $1 ORDER BY model`,
      [tenantId],
    );
    expect(months).toEqual([
      { model: '', quantity: '7.000000' },
      { model: 'flat', quantity: '0.000000' },
      { model: 'tiered', quantity: '7.000000' },
    ]);
    expect(await violationsIn(database)).toEqual([]);
  });
});

describe('the plan of the posting function', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await TestDatabase.create([{ service: SERVICE, migrations }]);
  });
  afterAll(() => database.drop());

  /** As the function runs it: its variables are the parameters of a generic plan. */
  async function plan(): Promise<string> {
    const sql = PROBED_COMMANDS.replaceAll('unnest(due)', 'unnest($1::posting_command[])')
      .replaceAll('p_commands', '$2::json')
      .replaceAll('p_tenant', '$3::uuid');
    const options = '-c enable_seqscan=off -c search_path=billing,public';
    const client = new pg.Client({ connectionString: database.adminUrl, options });
    await client.connect();
    await client.query('ANALYZE');
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN (GENERIC_PLAN) ${sql}`);
    await client.end();
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  }

  function expectProbes(found: string): void {
    expect(found).not.toMatch(/Seq Scan|Hash|Merge/);
    for (const index of [
      'billing_ledger_transactions_one_for_a_key',
      'billing_refusals_pkey',
      'billing_usage_events_one_for_a_key',
    ])
      expect(found).toContain(`Index Scan using ${index}`);
    expect(found.match(/Index Cond: \(\(tenant_id = .+ AND .*idempotency_key/g)).toHaveLength(3);
  }

  it('looks every key up by its own index while the tables are empty', async () => {
    expectProbes(await plan());
  });

  it('looks every key up by its own index when each tenant has one posting, and when one has many', async () => {
    const { queue, close } = await openPostings(database.url(SERVICE, 'app'));
    const later = { deadline: Date.now() + 120_000 };
    await Promise.all(Array.from({ length: 200 }, () => queue.submit(systemCtx(newId(), later), topUp('1'))));
    expectProbes(await plan());
    const ctx = systemCtx(newId(), later);
    await queue.submit(ctx, topUp('1000'));
    await Promise.all(Array.from({ length: 1_900 }, () => queue.submit(ctx, debit('0.01'))));
    await close();
    expectProbes(await plan());
  });
});
