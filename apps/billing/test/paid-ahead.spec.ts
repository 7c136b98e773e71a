import { usageOperatorsApi } from '@leadwire/contracts';
import { amount, systemCtx, type Ctx } from '@leadwire/kernel';
import { caller } from '@leadwire/testing';
import { MAILS, ReportedUsageFixture } from './reported-usage.js';

/** The middle of a month that is over, but not for long, so that all of a test's usage counts in one. */
const midMonth = (() => {
  const now = new Date();
  return Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 15);
})();
const at = (hour: number) => new Date(midMonth + hour * 3_600_000).toISOString();

describe('what a volume price took ahead', () => {
  let fixture: ReportedUsageFixture;

  beforeAll(async () => {
    fixture = await ReportedUsageFixture.start();
  });
  afterAll(() => fixture.stop());

  /** A volume price of the team's own: so much for each mail of more than 1000 in a month, and else so much. */
  const setPrice = (ctx: Ctx, many: string, few: string, from: string, to: string | null) =>
    fixture.service.database.query(
      `INSERT INTO billing.billing_pricing_catalog (id, tenant_id, category, provider, unit, unit_price, effective_from, effective_to, scheme,
         tiers)
       VALUES (gen_random_uuid(), $1, 'email', 'smtp', 'message', $2, $4, $5, 'volume', $3)`,
      [ctx.tenantId, many, JSON.stringify([{ upTo: '1000', unitPrice: few }]), from, to],
    );
  /** A team for which 1000 mails of a month cost 1.00 each, and all of them 0.10 if it is more; with 2000.00. */
  const team = async (until: string | null = null): Promise<Ctx> => {
    const ctx = caller();
    await setPrice(ctx, '0.1', '1', '2020-01-01T00:00:00Z', until);
    await fixture.wallets.topUp(ctx, { amount: '1999' });
    return ctx;
  };
  const record = (ctx: Ctx, quantity: string, occurredAt = at(1)) =>
    fixture.recordOne(ctx, { items: [{ ...MAILS, quantity }], occurredAt });
  const takeBack = (ctx: Ctx, usageEventId: string) =>
    fixture.events.void(ctx, { usageEventId, reason: 'Sent by mistake' });
  /** The use of so many mails that is charged now. */
  const charged = async (ctx: Ctx, quantity: string) =>
    (await fixture.usage.list(ctx, {})).items.find(
      ({ status, items }) => status === 'charged' && items[0]?.quantity === quantity,
    )?.id;
  const spent = async (ctx: Ctx) =>
    amount('2000')
      .sub(await fixture.balanceOf(ctx))
      .toFixed();

  it('goes back with the use it was taken for, and pays for nothing more', async () => {
    const ctx = await team();
    const dear = await record(ctx, '1000');
    await record(ctx, '1');
    expect(await spent(ctx)).toBe('1000');
    await takeBack(ctx, dear);
    expect(await spent(ctx)).toBe('0');
    await record(ctx, '500');
    expect(await spent(ctx)).toBe('500');
  });

  it('is as much as before when a use goes back that was paid from it', async () => {
    const ctx = await team();
    await record(ctx, '1000');
    await record(ctx, '1');
    await takeBack(ctx, await record(ctx, '1'));
    expect(await spent(ctx)).toBe('1000');
    // Of 1000.00 that were taken, 1001 mails cost 100.10: that leaves 8999 more.
    await record(ctx, '8999');
    expect(await spent(ctx)).toBe('1000');
    await record(ctx, '1');
    expect(await spent(ctx)).toBe('1000.1');
  });

  it('is nothing once everything is taken back, in whatever order', async () => {
    const ctx = await team();
    const [first, second] = [await record(ctx, '1000'), await record(ctx, '1000')];
    await takeBack(ctx, first);
    await takeBack(ctx, second);
    expect(await spent(ctx)).toBe('0');
    await record(ctx, '1000');
    expect(await spent(ctx)).toBe('1000');
  });

  it('goes back with a correction', async () => {
    const ctx = await team();
    const dear = await record(ctx, '1000');
    await record(ctx, '1');
    const items = [{ ...MAILS, quantity: '100' }];
    await fixture.events.correct(ctx, { usageEventId: dear, reason: 'Less it was', items });
    expect(await spent(ctx)).toBe('100');
    await record(ctx, '100');
    expect(await spent(ctx)).toBe('200');
  });

  const rateAgain = (ctx: Ctx) =>
    fixture.service.client(usageOperatorsApi).rerate(systemCtx('', { deadline: Date.now() + 30_000 }), {
      tenantId: ctx.tenantId,
      from: at(0),
      to: at(24),
      reason: 'It was wrong',
    });
  const monthsOf = (ctx: Ctx) =>
    fixture.service.database.query(
      `SELECT quantity, paid_ahead::numeric(20,6) AS ahead FROM billing.billing_usage_months WHERE tenant_id = $1`,
      [ctx.tenantId],
    );

  it('is given back once when the month is rated again in the order in which it happened', async () => {
    const ctx = await team();
    await record(ctx, '1000', at(2));
    await record(ctx, '1', at(1));
    expect(await monthsOf(ctx)).toEqual([{ quantity: '1001.000000', ahead: '899.900000' }]);
    expect(await rateAgain(ctx)).toMatchObject({ changed: 2, delta: '-899.900000' });
    expect(await spent(ctx)).toBe('100.1');
    expect(await monthsOf(ctx)).toEqual([{ quantity: '1001.000000', ahead: '0.000000' }]);
    await record(ctx, '10');
    expect(await spent(ctx)).toBe('101.1');
  });

  it('is what the corrected price takes ahead when the month is rated again by it', async () => {
    const changed = new Date(Date.now() - 3_600_000).toISOString();
    const ctx = await team(changed);
    await record(ctx, '1000');
    await record(ctx, '1', at(2));
    await setPrice(ctx, '0.05', '2', changed, null);
    expect(await rateAgain(ctx)).toMatchObject({ changed: 1, delta: '1000.000000' });
    // 2000.00 were taken for what costs 50.05.
    expect(await monthsOf(ctx)).toEqual([{ quantity: '1001.000000', ahead: '1949.950000' }]);
    expect(await rateAgain(ctx)).toMatchObject({ changed: 0, delta: '0.000000' });
    await takeBack(ctx, (await charged(ctx, '1000')) as string);
    await takeBack(ctx, (await charged(ctx, '1')) as string);
    expect(await spent(ctx)).toBe('0');
    expect(await monthsOf(ctx)).toEqual([{ quantity: '0.000000', ahead: '0.000000' }]);
  });
});
