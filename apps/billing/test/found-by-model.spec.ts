import { newId, type Ctx } from '@leadwire/kernel';
import type { RatedUsage } from '../src/usage/charging.js';
import { Bench, capture, debit, release, reserve, topUp } from './postings.js';

/** What the model of the ledger found once, each as the shortest story that shows it. */
describe('the posting core, where its model disagreed with it once', () => {
  let bench: Bench;

  beforeAll(async () => {
    bench = await Bench.open();
  });
  afterAll(async () => {
    expect(await bench.violations()).toEqual([]);
    await bench.close();
  });

  const use = (key: string, cost: string): RatedUsage => ({
    key,
    feature: 'campaigns',
    items: [
      {
        category: 'email',
        provider: 'smtp',
        model: null,
        unit: 'message',
        quantity: '1',
        unitPrice: cost,
        priceId: newId(),
        priceEffectiveFrom: '2020-01-01T00:00:00.000Z',
        cost,
      },
    ],
    userId: null,
    reference: key,
    occurredAt: new Date('2026-05-01T00:00:00.000Z'),
    metadata: {},
    source: 'service',
  });
  const record = (ctx: Ctx, usage: RatedUsage[]) =>
    bench.postings.tenant.run(ctx, async (db) => {
      const wallet = await bench.postings.wallets.take(db);
      await bench.postings.charging.record(db, wallet, usage);
      await wallet.save();
    });

  it('keeps the key of usage that waits from any other command, so that the usage can still be charged', async () => {
    const ctx = bench.tenant();
    await record(ctx, [use('mail', '2')]);
    expect((await bench.submit(ctx, debit('1', { key: 'mail' }))).outcome).toBe('conflict');
    await bench.submit(ctx, topUp('10'));
    expect((await bench.wallet(ctx)).balance).toBe('8.000000');
  });

  it('takes usage that is delivered again after it was charged late as the same, not as a reused key', async () => {
    const ctx = bench.tenant();
    await record(ctx, [use('mail', '2')]);
    await bench.submit(ctx, topUp('10'));
    await record(ctx, [use('mail', '2')]);
    expect((await bench.wallet(ctx)).balance).toBe('8.000000');
  });

  it('ends what was drawn from a budget in its turn, though the budget ended before it', async () => {
    const ctx = await bench.funded('10');
    const budget = (await bench.submit(ctx, reserve('5'))).state?.reservationId ?? '';
    const drawn =
      (await bench.submit(ctx, reserve('2', 60_000, { parentId: budget }))).state?.reservationId ?? '';
    await bench.submit(ctx, capture(drawn, '2'));
    expect((await bench.submit(ctx, release(budget))).outcome).toBe('posted');
    bench.clock.forward(60_000);
    await bench.expire(ctx);
    const [row] = await bench.database.query<{ status: string; due: boolean }>(
      `SELECT r.status, k.expires_next IS NOT NULL AS due
       FROM billing.billing_reservations r JOIN billing.wallet_upkeep k USING (wallet_id) WHERE r.id = $1`,
      [drawn],
    );
    expect(row).toEqual({ status: 'expired', due: false });
    expect(await bench.wallet(ctx)).toMatchObject({ balance: '8.000000', reserved: '0.000000' });
  });
});
