import {
  operatorChargesApi,
  UsageVoided,
  usageApi,
  usageEventsApi,
  usageOperatorsApi,
  walletsApi,
  type ReportedUsage,
  type UsageApi,
  type UsageEventsApi,
  type UsageOperatorsApi,
  type WalletsApi,
} from '@leadwire/contracts';
import { newId, systemCtx, type Ctx } from '@leadwire/kernel';
import { caller, TestService } from '@leadwire/testing';
import { billingService } from '../src/billing.module.js';
import { migrations } from '../src/migrations/index.js';
import { tailViolationsIn, violationsIn } from './postings.js';

const DAY_MS = 86_400_000;
const ago = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString();
/** The middle of a month that is over, but not for long, so that all of a test's usage counts in one. */
const midMonth = (() => {
  const now = new Date();
  return Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 15);
})();
const at = (hour: number) => new Date(midMonth + hour * 3_600_000).toISOString();
const span = { from: at(0), to: at(24) };

describe('rating a period again', () => {
  let service: TestService;
  let usage: UsageApi;
  let events: UsageEventsApi;
  let wallets: WalletsApi;
  let operators: UsageOperatorsApi;
  const system = () => systemCtx('', { deadline: Date.now() + 30_000 });

  beforeAll(async () => {
    const env = { TRIAL_CREDIT: '10', LOW_BALANCE_THRESHOLD: '0' };
    service = await TestService.start(billingService, { migrations, env });
    usage = service.client(usageApi);
    events = service.client(usageEventsApi);
    wallets = service.client(walletsApi);
    operators = service.client(usageOperatorsApi);
  });
  afterAll(async () => {
    expect(await violationsIn(service.database)).toEqual([]);
    expect(await tailViolationsIn(service.database)).toEqual([]);
    await service.stop();
  });

  const balanceOf = async (ctx: Ctx) => (await wallets.get(ctx, {})).balance;
  const mails = (quantity: string) =>
    [{ category: 'email', provider: 'smtp', unit: 'message', quantity }] as const;
  const record = async (
    ctx: Ctx,
    occurredAt: string,
    quantity: string,
    over: Partial<ReportedUsage> = {},
  ) => {
    const event = { key: newId(), feature: 'newsletter', items: [...mails(quantity)], occurredAt, ...over };
    const { items } = await events.record(ctx, { events: [event] });
    return items[0]?.usageEventId as string;
  };
  /** A price of the team's own since an hour ago: what it should have cost all along. */
  const correctPrice = (ctx: Ctx, terms: { unitPrice: string; tiers?: object[] }) =>
    service.database.query(
      `INSERT INTO billing.billing_pricing_catalog (id, tenant_id, category, provider, unit, unit_price, scheme, tiers, effective_from)
       VALUES (gen_random_uuid(), $1, 'email', 'smtp', 'message', $2, $3, $4, now() - interval '1 hour')`,
      [ctx.tenantId, terms.unitPrice, terms.tiers ? 'graduated' : 'flat', JSON.stringify(terms.tiers ?? [])],
    );

  it('says what would change, and changes nothing without a reason', async () => {
    const ctx = caller();
    await record(ctx, at(1), '1000');
    await record(ctx, at(2), '500');
    await correctPrice(ctx, { unitPrice: '0.0004' });
    const preview = await operators.rerate(system(), { tenantId: ctx.tenantId, ...span });
    expect(preview).toEqual({
      uses: 2,
      changed: 2,
      delta: '-0.900000',
      applied: false,
      items: [
        {
          entry: 'email / smtp / message',
          currency: 'USD',
          uses: 2,
          quantity: '1500',
          before: '1.500000',
          after: '0.600000',
          delta: '-0.900000',
        },
      ],
    });
    expect(await balanceOf(ctx)).toBe('8.500000');
  });

  it('gives back and charges anew what costs otherwise, once, and the charges stay provable', async () => {
    const ctx = caller();
    const [inside, before] = [await record(ctx, at(1), '1000'), await record(ctx, at(-1), '100')];
    await correctPrice(ctx, { unitPrice: '0.0015' });
    const asked = { tenantId: ctx.tenantId, ...span, reason: 'The price was mistyped' };
    const [first, second] = [
      await operators.rerate(system(), asked),
      await operators.rerate(system(), asked),
    ];
    expect([first, second]).toMatchObject([
      { changed: 1, delta: '0.500000', applied: true },
      { uses: 1, changed: 0, delta: '0.000000' },
    ]);
    expect(await balanceOf(ctx)).toBe('8.400000');
    const voided = await usage.get(ctx, { usageEventId: inside });
    expect(voided).toMatchObject({
      status: 'voided',
      cost: '1.000000',
      voidReason: 'The price was mistyped',
    });
    expect(await usage.get(ctx, { usageEventId: voided.correctedById as string })).toMatchObject({
      status: 'charged',
      cost: '1.500000',
      correctsId: inside,
      occurredAt: at(1),
      items: [{ pricedAt: expect.any(String) }],
    });
    expect((await usage.get(ctx, { usageEventId: before })).status).toBe('charged');
    expect(await service.events(UsageVoided, ctx.tenantId)).toHaveLength(1);
    const charges = service.client(operatorChargesApi);
    expect(await charges.replay(system(), { tenantId: ctx.tenantId })).toMatchObject({
      uses: 3,
      differing: 0,
    });
  });

  it('counts tiers from the begin of the month, in the order in which things happened', async () => {
    const ctx = caller();
    await record(ctx, at(3), '60');
    await record(ctx, at(1), '60');
    await record(ctx, at(-24), '10');
    await correctPrice(ctx, { unitPrice: '0.0001', tiers: [{ upTo: '100', unitPrice: '0.002' }] });
    const { delta } = await operators.rerate(system(), { tenantId: ctx.tenantId, ...span, reason: 'Tiers' });
    // 10 before the span, then 60 and 30 of 60 at 0.002, and 30 at 0.0001; all had cost 0.001.
    expect(delta).toBe('0.063000');
    expect(await balanceOf(ctx)).toBe('9.807000');
  });

  it('leaves what funds do not cover pending, and goes on from there after a top-up', async () => {
    const ctx = caller();
    for (const hour of [1, 2, 3]) await record(ctx, at(hour), '3000');
    await correctPrice(ctx, { unitPrice: '0.005' });
    await operators.rerate(system(), { tenantId: ctx.tenantId, ...span, reason: 'Dearer' });
    expect(await wallets.get(ctx, {})).toMatchObject({ balance: '10.000000', exhausted: true });
    await wallets.topUp(ctx, { amount: '35' });
    expect(await balanceOf(ctx)).toBe('0.000000');
  });

  it('keeps the count of a quota as it was', async () => {
    const ctx = caller();
    await service.database.query(
      `SELECT billing.set_entitlement($1::uuid, gen_random_uuid(), 'newsletter', true, 100, NULL, false, NULL, '{}', now())
       FROM set_config('app.tenant_id', $1::uuid::text, false)`,
      [ctx.tenantId],
    );
    const used = async () => {
      const rows = `SELECT month_used AS used FROM billing.billing_quota_counters WHERE tenant_id = $1`;
      return (await service.database.query<{ used: string }>(rows, [ctx.tenantId]))[0]?.used;
    };
    const id = await record(ctx, ago(0), '90');
    await correctPrice(ctx, { unitPrice: '0.002' });
    await operators.rerate(system(), { tenantId: ctx.tenantId, from: ago(1), to: ago(-1), reason: 'Dearer' });
    expect(await used()).toBe('90.000000');
    const { correctedById } = await usage.get(ctx, { usageEventId: id });
    const corrected = await events.correct(ctx, {
      usageEventId: correctedById as string,
      reason: 'More it was',
      items: [...mails('120')],
    });
    expect(corrected.replacement.status).toBe('charged');
    expect(await used()).toBe('120.000000');
    await events.void(ctx, { usageEventId: corrected.replacement.id, reason: 'None it was' });
    expect(await used()).toBe('0.000000');
  });

  it('is refused for a span that ends before it begins, for prices of the future, and to everybody but operators', async () => {
    const { tenantId } = caller();
    await expect(operators.rerate(system(), { tenantId, from: at(1), to: at(0) })).rejects.toMatchObject({
      code: 'request.invalid',
    });
    await expect(operators.rerate(system(), { tenantId, ...span, pricesAt: ago(-1) })).rejects.toMatchObject({
      code: 'request.invalid',
    });
    await expect(operators.rerate(caller(), { tenantId, ...span })).rejects.toMatchObject({
      code: 'request.forbidden',
    });
  });
});
