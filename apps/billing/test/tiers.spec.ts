import {
  operatorChargesApi,
  pricesApi,
  usageApi,
  walletsApi,
  type OperatorChargesApi,
  type PricesApi,
  type UsageApi,
  type WalletsApi,
} from '@leadwire/contracts';
import { newId, systemCtx, type Ctx } from '@leadwire/kernel';
import { caller, eventually, TestService } from '@leadwire/testing';
import { billingService } from '../src/billing.module.js';
import { migrations } from '../src/migrations/index.js';
import { mail, mails, send } from './mails.js';
import { violationsIn } from './postings.js';

const TIERS = [
  { upTo: '100', unitPrice: '0.01' },
  { upTo: '250', unitPrice: '0.005' },
];

describe('prices that look at the month', () => {
  let service: TestService;
  let prices: PricesApi;
  let charges: OperatorChargesApi;
  let usage: UsageApi;
  let wallets: WalletsApi;

  beforeAll(async () => {
    service = await TestService.start({ ...billingService, retryDelaysMs: [50, 200, 1_000] }, { migrations });
    await service.addReplica();
    prices = service.client(pricesApi);
    charges = service.client(operatorChargesApi);
    usage = service.client(usageApi);
    wallets = service.client(walletsApi);
  });
  afterAll(() => service.stop());

  /** A tenant whose own price of a mail has a scheme. */
  const tenantWith = async (
    scheme: string,
    over: { tiers?: object[]; package?: string; included?: string } = {},
  ) => {
    const ctx = caller();
    await service.database.query(
      `INSERT INTO billing.billing_pricing_catalog (id, tenant_id, category, provider, unit, unit_price, effective_from, scheme, tiers,
         package_size, included_quantity)
       VALUES ($1, $2, 'email', 'smtp', 'message', 0.001, '2026-01-01', $3, $4, $5, $6)`,
      [
        newId(),
        ctx.tenantId,
        scheme,
        JSON.stringify(over.tiers ?? []),
        over.package ?? null,
        over.included ?? '0',
      ],
    );
    await wallets.topUp(ctx, { amount: '100' });
    return ctx;
  };
  const charged = (ctx: Ctx, count: number) =>
    eventually(async () => {
      const audit = await wallets.audit(ctx, {});
      return audit.usageCharged === count && audit;
    });
  const replay = async (ctx: Ctx) => charges.replay(systemCtx(''), { tenantId: ctx.tenantId });

  it.each([
    // 100 at 0.01, 150 at 0.005, 50 at 0.001.
    ['graduated', { tiers: TIERS }, '1.800000'],
    // 100 cost 1.00; 250 cost 1.25; 300 cost 0.30: what was paid ahead is never taken twice, and never given back.
    ['volume', { tiers: TIERS }, '1.250000'],
    ['package', { package: '7' }, '0.043000'],
    ['flat', { included: '290' }, '0.010000'],
  ])(
    '%s: counts each mail once, whoever handles it, told twice, out of order',
    async (scheme, over, debited) => {
      const ctx = await tenantWith(scheme, over);
      const sent = mails(300, { sentAt: '2026-05-10T00:00:00.000Z' });
      const ids = await send(service, ctx.tenantId, sent);
      await send(service, ctx.tenantId, sent.slice(0, 120));
      await send(service, ctx.tenantId, sent.slice(200));
      expect(ids).toHaveLength(300);
      expect(await charged(ctx, 300)).toMatchObject({ debited, ok: true });
      const [month] = await service.database.query<{ quantity: string }>(
        'SELECT quantity FROM billing.billing_usage_months WHERE tenant_id = $1',
        [ctx.tenantId],
      );
      expect(month?.quantity).toBe('300.000000');
      expect(await replay(ctx)).toMatchObject({ uses: 300, items: 300, differing: 0, next: null });
    },
  );

  it('starts again with each calendar month, and counts late usage in the month it was of', async () => {
    const ctx = await tenantWith('graduated', { tiers: [{ upTo: '1', unitPrice: '0.5' }] });
    const days = ['05-31T23:59:59.999', '06-01T00:00:00.000', '06-02T00:00:00.000', '05-01T00:00:00.000'];
    for (const [i, day] of days.entries()) {
      await send(service, ctx.tenantId, [mail({ sentAt: `2026-${day}Z` })]);
      await charged(ctx, i + 1);
    }
    const { items } = await usage.list(ctx, {});
    expect(items.map(({ occurredAt, cost }) => [occurredAt.slice(5, 10), cost])).toEqual([
      ['06-02', '0.001000'],
      ['06-01', '0.500000'],
      ['05-31', '0.500000'],
      ['05-01', '0.001000'],
    ]);
    expect(items[0]?.items).toMatchObject([
      {
        scheme: 'graduated',
        quantityBefore: '1',
        exactCost: '0.001',
        steps: [{ quantity: '1', cost: '0.001' }],
      },
    ]);
  });

  it('quotes what usage would cost with the month so far, and counts nothing of it', async () => {
    const ctx = await tenantWith('graduated', { tiers: [{ upTo: '10', unitPrice: '0.1' }] });
    await send(service, ctx.tenantId, mails(4));
    await charged(ctx, 4);
    const asked = { category: 'email', provider: 'smtp', unit: 'message', quantity: '5' } as const;
    const quote = await prices.quote(ctx, { items: [asked, asked] });
    expect(quote).toMatchObject({
      items: [
        { quantityBefore: '4', cost: '0.500000' },
        { quantityBefore: '9', cost: '0.104000' },
      ],
      total: '0.604000',
      currency: 'USD',
      available: '109.600000',
      covered: true,
    });
    expect(await prices.quote(ctx, { items: [asked, asked] })).toEqual(quote);
    expect(await prices.quote(ctx, { items: [{ ...asked, quantity: '999999' }] })).toMatchObject({
      covered: false,
    });
    expect(await prices.quote(caller(), { items: [asked] })).toMatchObject({
      total: '0.005000',
      available: '10.000000',
    });
  });

  it('says of which items a quote is impossible, and why', async () => {
    const known = { category: 'email', provider: 'smtp', unit: 'message', quantity: '1' } as const;
    const unknown = {
      category: 'llm',
      provider: 'nobody',
      model: 'm',
      unit: 'token',
      quantity: '1',
    } as const;
    await expect(prices.quote(caller(), { items: [known, unknown, unknown] })).rejects.toMatchObject({
      code: 'price.missing',
      details: { errors: [{ pointer: '/items/1' }, { pointer: '/items/2' }] },
    });
    await expect(
      prices.quote(caller(), {
        items: [{ ...known, quantity: '99999999999999' }],
        at: '2026-01-01T00:00:00Z',
      }),
    ).resolves.toMatchObject({ covered: false });
    for (const quantity of ['-1', 'NaN', '1.0000001', ''])
      await expect(prices.quote(caller(), { items: [{ ...known, quantity }] })).rejects.toMatchObject({
        code: 'request.invalid',
      });
    await expect(
      prices.quote(caller(), { items: [known], at: '2019-01-01T00:00:00Z' }),
    ).rejects.toMatchObject({
      code: 'price.missing',
    });
    await expect(prices.quote(caller('agent'), { items: [known] })).rejects.toMatchObject({
      code: 'request.forbidden',
    });
  });

  it('takes prices of the currency of the wallet only: one in another currency is none', async () => {
    const ctx = caller();
    await service.database.query(
      `INSERT INTO billing.billing_wallets (id, tenant_id, currency) VALUES ($1, $2, 'EUR')`,
      [newId(), ctx.tenantId],
    );
    const items = [{ category: 'email', provider: 'smtp', unit: 'message', quantity: '3' } as const];
    await expect(prices.quote(ctx, { items })).rejects.toMatchObject({ code: 'price.missing' });
    expect((await prices.list(ctx, {})).items).toEqual([]);
    await service.database.query(
      `INSERT INTO billing.billing_pricing_catalog (id, category, provider, unit, unit_price, effective_from, currency)
       VALUES ($1, 'email', 'smtp', 'message', 0.0009, '2026-01-01', 'EUR')`,
      [newId()],
    );
    expect((await prices.list(ctx, {})).items).toMatchObject([
      { currency: 'EUR', unitPrice: '0.0009000000' },
    ]);
    expect(await prices.quote(ctx, { items })).toMatchObject({
      currency: 'EUR',
      total: '0.002700',
      covered: false,
    });
    expect((await prices.list(caller(), {})).items).toMatchObject([{ currency: 'USD' }]);
  });

  it('rates again what a quota added, like everything else', async () => {
    const ctx = await tenantWith('graduated', { tiers: [{ upTo: '2', unitPrice: '0.5' }] });
    await service.database.query(
      `SELECT set_config('app.tenant_id', $1::text, true), billing.set_entitlement($1::text::uuid, $2, 'campaigns', true, 3, NULL, true, 0.0123456785, '{}', now())`,
      [ctx.tenantId, newId()],
    );
    for (let i = 1; i <= 5; i++) {
      await send(service, ctx.tenantId, [mail()]);
      await charged(ctx, i);
    }
    const { items } = await usage.list(ctx, {});
    expect(items[0]).toMatchObject({ items: [{ scheme: 'graduated' }, { scheme: 'overage' }] });
    expect(await replay(ctx)).toMatchObject({ uses: 5, items: 7, differing: 0 });
  });

  it('finds a charge whose evidence or price was altered by hand', async () => {
    const ctx = await tenantWith('graduated', { tiers: TIERS });
    await send(service, ctx.tenantId, mails(3));
    await charged(ctx, 3);
    expect(await replay(ctx)).toMatchObject({ uses: 3, differing: 0 });
    const alter = (field: string, value: string) =>
      service.database.query<{ id: string }>(
        `WITH first AS (SELECT id FROM billing.billing_usage_events WHERE tenant_id = $1 ORDER BY occurred_at, id LIMIT 1)
         UPDATE billing.billing_usage_events u SET usage_items = jsonb_set(usage_items, $2, $3)
         FROM first WHERE u.id = first.id RETURNING u.id`,
        [ctx.tenantId, `{0,${field}}`, JSON.stringify(value)],
      );
    const [altered] = await alter('exactCost', '0.02');
    expect((await replay(ctx)).differences).toEqual([
      {
        usageEventId: altered?.id,
        fault: 'digits',
        stored: 'exactCost "0.02"',
        replayed: 'exactCost "0.01"',
      },
    ]);
    await alter('exactCost', '0.01');
    await alter('priceId', newId());
    expect((await replay(ctx)).differences).toMatchObject([{ usageEventId: altered?.id, fault: 'price' }]);
    const tenants = await charges.listTenants(systemCtx(''), { limit: 100 });
    expect(tenants.items).toContainEqual({ tenantId: ctx.tenantId });
  });

  it('breaks no invariant', async () => {
    expect(await violationsIn(service.database)).toEqual([]);
  });
});
