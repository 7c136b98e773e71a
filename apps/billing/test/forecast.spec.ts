import { amount, newId, type Ctx } from '@leadwire/kernel';
import { DAILY_USE, USED_SO_FAR } from '../src/forecast/forecast.queries.js';
import { Bench, capture, debit, reserve, topUp } from './postings.js';

const DAY_MS = 86_400_000;

describe('what a wallet used by day', () => {
  let bench: Bench;

  beforeAll(async () => {
    bench = await Bench.open();
  });
  afterAll(() => bench.close());

  const used = async (ctx: Ctx, sql = DAILY_USE): Promise<string[]> => {
    const params =
      sql === DAILY_USE ? [ctx.tenantId, bench.clock.now(), 28] : [ctx.tenantId, bench.clock.now()];
    const rows = await bench.postings.tenant.read<{ used: string }>(ctx, sql, params);
    return rows.map((row) => row.used);
  };

  it('is what debits took, whatever was paid in, held, given or expired meanwhile', async () => {
    const ctx = await bench.funded('100');
    // The wallet is as old as its first posting says; in life both are of one clock.
    await bench.database.query('UPDATE billing.billing_wallets SET created_at = $2 WHERE tenant_id = $1', [
      ctx.tenantId,
      bench.clock.now(),
    ]);
    await bench.submit(ctx, debit('1.5'));
    bench.clock.forward(DAY_MS);
    await bench.submit(ctx, topUp('50'));
    const held = await bench.submit(ctx, reserve('10'));
    await bench.submit(ctx, capture(held.state?.reservationId as string, '2', true));
    await bench.submit(ctx, {
      kind: 'credit',
      key: newId(),
      amount: amount('5'),
      referenceType: 'manual',
      expiresAt: new Date(bench.clock.now().getTime() + DAY_MS),
    });
    bench.clock.forward(2 * DAY_MS);
    await bench.expire(ctx);
    await bench.submit(ctx, debit('0.25'));
    expect(await used(ctx)).toEqual(['0.000000', '2.000000', '1.500000']);
    bench.clock.forward(DAY_MS);
    expect(await used(ctx)).toEqual(['0.250000', '0.000000', '2.000000', '1.500000']);
    bench.clock.forward(40 * DAY_MS);
    expect(await used(ctx)).toEqual(Array.from({ length: 28 }, () => '0.000000'));
  });

  it('of a wallet made today is what it used so far', async () => {
    const ctx = await bench.funded('10');
    await bench.submit(ctx, debit('0.75'));
    expect(await used(ctx, USED_SO_FAR)).toEqual(['0.750000']);
  });
});
