import {
  ledgerApi,
  pricesApi,
  TenantErased,
  usageApi,
  walletsApi,
  WalletToppedUp,
  type LedgerApi,
  type PricesApi,
  type UsageApi,
  type WalletsApi,
} from '@leadwire/contracts';
import { newId, type Ctx } from '@leadwire/kernel';
import { caller, eventually, modelFaults, NO_FAULTS, TestService } from '@leadwire/testing';
import pg from 'pg';
import { billingService } from '../src/billing.module.js';
import { migrations } from '../src/migrations/index.js';
import { mails, send } from './mails.js';

describe('the wallet and its ledger', () => {
  let service: TestService;
  let wallets: WalletsApi;
  let ledger: LedgerApi;
  let usage: UsageApi;
  let prices: PricesApi;

  beforeAll(async () => {
    service = await TestService.start(billingService, { migrations });
    wallets = service.client(walletsApi);
    ledger = service.client(ledgerApi);
    usage = service.client(usageApi);
    prices = service.client(pricesApi);
  });
  afterAll(() => service.stop());

  const withKey = (ctx: Ctx, key: string, body: string): Ctx => ({
    ...ctx,
    idempotencyKey: `${key}\t${body}`,
  });

  it('a top-up adds exactly its amount, writes one posting and announces it once', async () => {
    const ctx = caller();
    const { transaction, wallet } = await wallets.topUp(ctx, {
      amount: '25.000001',
      description: 'Invoice 7',
    });
    expect(transaction).toMatchObject({
      seq: 2,
      type: 'topup',
      amount: '25.000001',
      balanceBefore: '10.000000',
      balanceAfter: '35.000001',
      referenceType: 'manual',
      createdBy: ctx.userId,
      description: 'Invoice 7',
    });
    expect(wallet).toMatchObject({ balance: '35.000001', lowBalanceNotifiedAt: null });
    expect(await service.events(WalletToppedUp, ctx.tenantId)).toHaveLength(2);
  });

  it.each([
    '0',
    '0.000000',
    '-1',
    '1.0000001',
    '1000000.000001',
    '99999999999999',
    '1e3',
    '',
    'NaN',
    5,
    null,
    undefined,
  ])('refuses to top up by %p and changes nothing', async (bad) => {
    const ctx = caller();
    await expect(wallets.topUp(ctx, { amount: bad as string })).rejects.toMatchObject({
      code: 'request.invalid',
      details: { errors: [{ pointer: '/amount' }] },
    });
    expect((await wallets.get(ctx, {})).balance).toBe('10.000000');
  });

  it('many top-ups at once with one Idempotency-Key have one effect', async () => {
    const ctx = withKey(caller(), 'k', '{"amount":"5"}');
    const answers = await Promise.allSettled(
      Array.from({ length: 20 }, () => wallets.topUp(ctx, { amount: '5' })),
    );
    const ids = new Set(answers.flatMap((a) => (a.status === 'fulfilled' ? [a.value.transaction.id] : [])));
    const refusals = answers.flatMap((a) =>
      a.status === 'rejected' ? [(a.reason as { code: string }).code] : [],
    );
    expect(ids.size).toBe(1);
    expect(refusals.every((code) => code === 'idempotency.in_flight')).toBe(true);
    expect((await wallets.get(ctx, {})).balance).toBe('15.000000');
  });

  it('the ledger knows an Idempotency-Key even after the answer was forgotten', async () => {
    const ctx = withKey(caller(), 'k', '{"amount":"5"}');
    const first = await wallets.topUp(ctx, { amount: '5' });
    await service.database.query('DELETE FROM billing.idempotency_keys WHERE tenant_id = $1', [ctx.tenantId]);
    const again = await wallets.topUp(ctx, { amount: '5.00' });
    expect(again.transaction).toEqual(first.transaction);
    await service.database.query('DELETE FROM billing.idempotency_keys WHERE tenant_id = $1', [ctx.tenantId]);
    await expect(wallets.topUp(ctx, { amount: '6' })).rejects.toMatchObject({ code: 'wallet.key_reused' });
    expect(await wallets.audit(ctx, {})).toMatchObject({
      walletBalance: '15.000000',
      ledgerTransactions: 2,
      ok: true,
    });
  });

  describe('what a team keeps with its wallet', () => {
    const metadata = { costCentre: '4711', labels: ['outbound', 'é'] };

    it('is shown with it, replaced whole, and touched by no posting or other setting', async () => {
      const ctx = caller();
      expect((await wallets.get(ctx, {})).metadata).toEqual({});
      expect((await wallets.update(ctx, { metadata })).metadata).toEqual(metadata);
      await wallets.update(ctx, { lowBalanceThreshold: '2' });
      expect((await wallets.topUp(ctx, { amount: '5' })).wallet).toMatchObject({ metadata });
      const replaced = await wallets.update(ctx, { metadata: { owner: 'Ada' } });
      expect(replaced.metadata).toEqual({ owner: 'Ada' });
      expect(await wallets.get(ctx, {})).toMatchObject({
        metadata: replaced.metadata,
        lowBalanceThreshold: '2.000000',
      });
      expect((await wallets.get(caller(), {})).metadata).toEqual({});
    });

    it('goes when the team is erased', async () => {
      const ctx = caller();
      await wallets.update(ctx, { metadata });
      await service.publish(TenantErased, {
        tenantId: ctx.tenantId,
        data: { closedAt: new Date().toISOString() },
      });
      await eventually(async () => {
        const [row] = await service.database.query<{ status: string; metadata: object }>(
          'SELECT status, metadata FROM billing.billing_wallets WHERE tenant_id = $1',
          [ctx.tenantId],
        );
        expect(row).toEqual({ status: 'closed', metadata: {} });
        return true;
      });
    });

    it.each<[string, unknown]>([
      ['text', 'text'],
      ['a list', ['a list']],
      ['nothing', null],
      ['more than 16 KiB', { note: 'x'.repeat(16 * 1024) }],
      ['anything with NUL in it', { note: '\0' }],
    ])('is not %s', async (_, bad) => {
      await expect(wallets.update(caller(), { metadata: bad as never })).rejects.toMatchObject({
        code: 'request.invalid',
        details: { errors: [{ pointer: '/metadata' }] },
      });
    });

    it.each(['manager', 'agent', 'viewer'] as const)('is not for a %s to change', async (role) => {
      await expect(wallets.update(caller(role), { metadata })).rejects.toMatchObject({
        code: 'request.forbidden',
      });
    });
  });

  it.each(['admin', 'manager', 'agent', 'viewer'] as const)('refuses a top-up by %s', async (role) => {
    const ctx = caller(role);
    await expect(wallets.topUp(ctx, { amount: '5' })).rejects.toMatchObject({ code: 'request.forbidden' });
    expect((await wallets.get({ ...ctx, capabilities: new Set(['billing.read']) }, {})).balance).toBe(
      '10.000000',
    );
  });

  it.each([
    ['wallets.get', (ctx: Ctx) => wallets.get(ctx, {})],
    ['wallets.audit', (ctx: Ctx) => wallets.audit(ctx, {})],
    ['ledger.list', (ctx: Ctx) => ledger.list(ctx, {})],
    ['usage.list', (ctx: Ctx) => usage.list(ctx, {})],
    ['usage.summary', (ctx: Ctx) => usage.summary(ctx, {})],
    ['prices.list', (ctx: Ctx) => prices.list(ctx, {})],
  ])('%s is refused without billing.read', async (_, ask) => {
    await expect(ask(caller('viewer'))).rejects.toMatchObject({ code: 'request.forbidden' });
  });

  it('shows another tenant nothing', async () => {
    const owner = caller();
    const { transaction, wallet } = await wallets.topUp(owner, { amount: '5' });
    await send(service, owner.tenantId, mails(3));
    await eventually(async () => (await usage.list(owner, {})).items.length === 3);
    const stranger = caller();
    expect((await wallets.get(stranger, {})).id).not.toBe(wallet.id);
    expect((await ledger.list(stranger, {})).items).toMatchObject([
      { type: 'credit', idempotencyKey: `trial:${stranger.tenantId}` },
    ]);
    expect((await ledger.list(stranger, { referenceId: transaction.id })).items).toEqual([]);
    expect((await usage.list(stranger, {})).items).toEqual([]);
    expect((await usage.summary(stranger, {})).items).toEqual([]);
    const { next } = await ledger.list(owner, { limit: 1 });
    await expect(ledger.list(stranger, { limit: 1, cursor: next ?? '' })).rejects.toMatchObject({
      code: 'request.invalid',
    });
  });

  it('pages through ledger and usage without gap or overlap, and filters', async () => {
    const ctx = caller();
    await wallets.topUp(ctx, { amount: '5' });
    // All in one moment: the id alone keeps them apart.
    await send(service, ctx.tenantId, mails(25, { sentAt: '2026-05-01T00:00:00.000Z' }));
    await eventually(async () => (await wallets.audit(ctx, {})).usageCharged === 25);

    const seqs: number[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await ledger.list(ctx, { limit: 10, cursor });
      seqs.push(...page.items.map(({ seq }) => seq));
      if (page.next === null) break;
      cursor = page.next;
    }
    expect(seqs).toEqual(Array.from({ length: 27 }, (_, i) => 27 - i));

    const ids: string[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await usage.list(ctx, { limit: 10, cursor, feature: 'campaigns', status: 'charged' });
      ids.push(...page.items.map(({ id }) => id));
      if (page.next === null) break;
      cursor = page.next;
    }
    expect(new Set(ids).size).toBe(25);

    expect((await ledger.list(ctx, { type: 'topup' })).items).toHaveLength(1);
    expect((await ledger.list(ctx, { type: 'debit', limit: 100 })).items).toHaveLength(25);
    expect(
      (await ledger.list(ctx, { referenceType: 'usage_event', referenceId: ids[0] })).items,
    ).toMatchObject([{ amount: '-0.001000', referenceId: ids[0] }]);
    expect((await usage.list(ctx, { from: '2026-05-01T00:00:00.001Z' })).items).toEqual([]);
    expect(await usage.summary(ctx, { from: '2026-05-01T00:00:00Z', to: '2026-05-02T00:00:00Z' })).toEqual({
      items: [
        {
          feature: 'campaigns',
          status: 'charged',
          currency: 'USD',
          count: 25,
          quantity: '25.000000',
          cost: '0.025000',
        },
      ],
    });
  });

  it.each([
    { limit: 0 },
    { limit: 101 },
    { cursor: 'forged' },
    { type: 'gift' },
    { referenceId: 'x' },
    { offset: 5 },
  ])('refuses to list the ledger by %j', async (input) => {
    await expect(ledger.list(caller(), input as never)).rejects.toMatchObject({ code: 'request.invalid' });
  });

  it('lists the price that applies, and the own one instead of the general one', async () => {
    const ctx = caller();
    const [general] = (await prices.list(ctx, {})).items;
    expect(general).toMatchObject({
      category: 'email',
      provider: 'smtp',
      unit: 'message',
      unitPrice: '0.0010000000',
      own: false,
    });
    await service.database.query(
      `INSERT INTO billing.billing_pricing_catalog (id, tenant_id, category, provider, unit, unit_price, effective_from)
       VALUES (gen_random_uuid(), $1, 'email', 'smtp', 'message', 0.0007, '2026-01-01T00:00:00Z')`,
      [ctx.tenantId],
    );
    expect((await prices.list(ctx, { category: 'email' })).items).toMatchObject([
      { unitPrice: '0.0007000000', own: true },
    ]);
    expect((await prices.list(ctx, { at: '2025-12-31T23:59:59Z' })).items).toMatchObject([{ own: false }]);
    expect((await prices.list(caller(), {})).items).toMatchObject([{ own: false }]);
    expect((await prices.list(ctx, { at: '2019-01-01T00:00:00Z' })).items).toEqual([]);
  });

  describe('the database itself', () => {
    let app: pg.Client;
    let ctx: Ctx;

    beforeAll(async () => {
      ctx = caller();
      await wallets.topUp(ctx, { amount: '5' });
      app = new pg.Client({ connectionString: service.database.url('billing', 'app') });
      await app.connect();
      await app.query(`SELECT set_config('app.tenant_id', $1, false)`, [ctx.tenantId]);
    });
    afterAll(() => app.end());

    it.each([
      `UPDATE billing_ledger_transactions SET amount = 0`,
      `DELETE FROM billing_ledger_transactions`,
      `TRUNCATE billing_ledger_transactions`,
    ])('refuses the service: %s', async (sql) => {
      await expect(app.query(sql)).rejects.toMatchObject({ code: '42501' });
    });

    it.each([
      `UPDATE billing.billing_ledger_transactions SET description = 'x'`,
      `DELETE FROM billing.billing_ledger_transactions`,
      `TRUNCATE billing.billing_ledger_transactions CASCADE`,
    ])('refuses even the superuser: %s', async (sql) => {
      await expect(service.database.query(sql)).rejects.toThrow('append-only');
    });

    it('carries the whole model, all tenants behind forced row-level security', async () => {
      expect(await modelFaults(service.database, 'billing')).toEqual(NO_FAULTS);
    });

    it('ties all that names a wallet to the tenant of that wallet', async () => {
      const untied = `
        SELECT t.relname
        FROM pg_class t
        JOIN pg_attribute wallet ON wallet.attrelid = t.oid AND wallet.attname = 'wallet_id'
        JOIN pg_attribute tenant ON tenant.attrelid = t.oid AND tenant.attname = 'tenant_id'
        WHERE t.relnamespace = 'billing'::regnamespace AND t.relkind = 'r'
          AND NOT EXISTS (
            SELECT FROM pg_constraint k
            WHERE k.conrelid = t.oid AND k.contype = 'f' AND k.convalidated
              AND k.confrelid = 'billing.billing_wallets'::regclass
              AND k.conkey @> ARRAY[tenant.attnum, wallet.attnum])`;
      expect(await service.database.query(untied)).toEqual([]);
      const [wallet] = await service.database.query<{ id: string }>(
        'SELECT id FROM billing.billing_wallets WHERE tenant_id = $1',
        [ctx.tenantId],
      );
      const strange = `INSERT INTO billing.billing_refusals (tenant_id, wallet_id, idempotency_key, request_hash, outcome, created_at)
                       VALUES ($1, $2, 'k', '', 'insufficient', now())`;
      await expect(service.database.query(strange, [newId(), wallet?.id])).rejects.toMatchObject({
        code: '23503',
      });
    });

    it('refuses a negative balance', async () => {
      const sql = 'UPDATE billing.billing_wallets SET current_balance = -1';
      await expect(service.database.query(sql)).rejects.toThrow('never_overdrawn');
    });

    it('lets nobody but a migration touch the general price list', async () => {
      expect((await app.query('UPDATE billing_pricing_catalog SET unit_price = 0')).rowCount).toBe(0);
      expect((await app.query('DELETE FROM billing_pricing_catalog')).rowCount).toBe(0);
      const insert = `INSERT INTO billing_pricing_catalog (id, tenant_id, category, provider, unit, unit_price, effective_from)
                      VALUES ($1, NULL, 'email', 'other', 'message', 0, now())`;
      await expect(app.query(insert, [newId()])).rejects.toThrow('row-level security');
    });

    it('refuses two prices of one thing at one time', async () => {
      const insert = `INSERT INTO billing_pricing_catalog (id, tenant_id, category, provider, unit, unit_price, effective_from)
                      VALUES ($1, $2, 'llm', 'openai', 'token', 1, $3)`;
      await app.query(insert, [newId(), ctx.tenantId, '2026-01-01']);
      await expect(app.query(insert, [newId(), ctx.tenantId, '2026-02-01'])).rejects.toThrow(
        'one_price_at_a_time',
      );
    });
  });
});
