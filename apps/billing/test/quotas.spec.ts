import type { UsageItem } from '@leadwire/contracts';
import { amount, newId, type Ctx } from '@leadwire/kernel';
import type { Command } from '../src/ledger/command.js';
import { Bench, capture, release, reserve } from './postings.js';

const ITEM: UsageItem = {
  category: 'email',
  provider: 'smtp',
  model: null,
  unit: 'message',
  quantity: '1',
  unitPrice: '0.0100000000',
  priceId: '019aa000-0000-7000-8000-000000000001',
  priceEffectiveFrom: '2020-01-01T00:00:00.000Z',
  cost: '0.010000',
};

describe('quotas in the posting', () => {
  let bench: Bench;

  beforeAll(async () => {
    bench = await Bench.open();
  });
  afterAll(async () => {
    expect(await bench.violations()).toEqual([]);
    await bench.close();
  });

  type Quota = { monthly?: string; daily?: string; overages?: boolean; rate?: string; enabled?: boolean };
  const setQuota = (
    ctx: Ctx,
    { monthly, daily, overages = false, rate, enabled = true }: Quota,
    feature = 'campaigns',
  ) =>
    bench.postings.tenant.run(ctx, async (db) => {
      await bench.postings.wallets.take(db);
      await db.query('SELECT set_entitlement($1, $2, $3, $4, $5, $6, $7, $8, $9)', [
        ctx.tenantId,
        newId(),
        feature,
        enabled,
        monthly ?? null,
        daily ?? null,
        overages,
        rate ?? null,
        bench.clock.now(),
      ]);
    });
  const usage = (quantity = '1', feature = 'campaigns'): Command => ({
    kind: 'usage',
    key: newId(),
    amount: amount(quantity).mul('0.01'),
    usage: {
      id: newId(),
      feature,
      items: [{ ...ITEM, quantity, cost: amount(quantity).mul('0.01').toFixed(6) }],
      quantity,
      reference: 'a',
      occurredAt: bench.clock.now(),
      metadata: {},
      source: 'service',
    },
  });
  it('works', async () => {
    const ctx = await bench.funded('10');
    await setQuota(ctx, { daily: '3', monthly: '5' });
    const answers = await bench.post(ctx, [usage(), usage(), usage(), usage()]);
    expect(answers.map(({ outcome }) => outcome)).toEqual(['posted', 'posted', 'posted', 'awaits_quota']);
    const held = await bench.submit(ctx, {
      ...reserve('1'),
      counts: { feature: 'campaigns', quantity: '1' },
    } as Command);
    expect(held).toMatchObject({ outcome: 'quota', state: { reason: 'day' } });
    void capture;
    void release;
  });
});
