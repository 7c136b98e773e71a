import { amount, newId, type Ctx } from '@leadwire/kernel';
import type { TenantDb } from '@leadwire/persistence';
import type { LockedWallet } from '../src/ledger/locked-wallet.js';
import type { RatedUsage, UnratedUsage } from '../src/usage/charging.js';
import { quotaTimesOf } from '../src/usage/corrections.js';
import { freezeWallet, unfreezeWallet } from '../src/wallets/freezing.js';
import { setSuspended } from '../src/wallets/suspensions.js';
import { setAllowance, setQuota } from './limits.js';
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
  const useWithoutPrice = (key: string, more: Partial<UnratedUsage> = {}): UnratedUsage => {
    const { items, ...said } = use(key, '0');
    return { ...said, used: items, failure: 'no price', ...more };
  };
  const holding = <T>(ctx: Ctx, work: (db: TenantDb, wallet: LockedWallet) => Promise<T>): Promise<T> =>
    bench.postings.tenant.run(ctx, async (db) => {
      const wallet = await bench.postings.wallets.take(db);
      const result = await work(db, wallet);
      await wallet.save();
      return result;
    });
  const record = (ctx: Ctx, usage: (RatedUsage | UnratedUsage)[]) =>
    holding(ctx, (db, wallet) => bench.postings.charging.record(db, wallet, usage));
  const idOf = async (ctx: Ctx, key: string): Promise<string> => {
    const [row] = await bench.database.query<{ id: string }>(
      'SELECT id FROM billing.billing_usage_events WHERE tenant_id = $1 AND idempotency_key = $2',
      [ctx.tenantId, key],
    );
    return row?.id ?? '';
  };
  /** Gives usage that failed its price, as whoever retries it does. */
  const rate = async (ctx: Ctx, key: string, cost: string) => {
    const usageId = await idOf(ctx, key);
    const { items, feature } = use(key, cost);
    return holding(ctx, async (db, wallet) => {
      const [answer] = await wallet.post([
        { kind: 'rate', key: `rate:${key}`, amount: amount(cost), usageId, items },
      ]);
      if (answer?.outcome === 'rated')
        await bench.postings.charging.charge(db, wallet, [{ id: usageId, key, feature, cost }]);
      return answer?.outcome;
    });
  };

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

  it('counts what a member spends in the month that it counts for, though one clock is behind the one that began it', async () => {
    const ctx = await bench.funded('10');
    const userId = newId();
    bench.clock.forward(3_600_000);
    await setAllowance(bench, ctx, userId, '5');
    bench.clock.forward(-3_600_000);
    await bench.submit(ctx, { ...debit('2'), createdBy: userId });
    const [credit] = await bench.database.query(
      'SELECT monthly_usage AS spent, balance AS left FROM billing.user_credits WHERE user_id = $1',
      [userId],
    );
    expect(credit).toEqual({ spent: '2.000000', left: '3.000000' });
  });

  it('keeps the place in a quota of usage whose correction has no price yet', async () => {
    const ctx = await bench.funded('10');
    await setQuota(bench, ctx, { monthly: '10' });
    await record(ctx, [use('mail', '1')]);
    const id = await idOf(ctx, 'mail');
    await holding(ctx, async (db, wallet) => {
      const quotaAt = (await quotaTimesOf(db, [id])).get(id) ?? null;
      await wallet.post([{ kind: 'void', key: `void:${id}`, usageId: id, replacement: 'another' }]);
      const correction = useWithoutPrice('correction', { corrects: id, quotaAt });
      await bench.postings.charging.record(db, wallet, [correction]);
    });
    const [counter] = await bench.database.query(
      'SELECT month_used AS used FROM billing.billing_quota_counters WHERE tenant_id = $1',
      [ctx.tenantId],
    );
    expect(counter).toEqual({ used: '1.000000' });
  });

  it('says of usage that is to be rated in a frozen wallet that it is frozen, and rates it afterwards', async () => {
    const ctx = await bench.funded('10');
    await record(ctx, [useWithoutPrice('mail')]);
    const now = bench.clock.now();
    await holding(ctx, (db, wallet) => freezeWallet(db, wallet, { cause: 'operator', reason: 'asked', now }));
    expect(await rate(ctx, 'mail', '2')).toBe('frozen');
    await holding(ctx, (db, wallet) => unfreezeWallet(db, wallet));
    expect(await rate(ctx, 'mail', '2')).toBe('rated');
    expect((await bench.wallet(ctx)).balance).toBe('8.000000');
  });

  it('charges usage that was rated while the wallet was suspended once it spends again', async () => {
    const ctx = await bench.funded('10');
    await record(ctx, [useWithoutPrice('mail')]);
    await holding(ctx, (db, wallet) => setSuspended(db, wallet.id, 'dispute', true));
    expect(await rate(ctx, 'mail', '2')).toBe('rated');
    await holding(ctx, async (db, wallet) => {
      await setSuspended(db, wallet.id, 'dispute', false);
      await bench.postings.charging.chargePending(db, wallet);
    });
    expect((await bench.wallet(ctx)).balance).toBe('8.000000');
  });
});
