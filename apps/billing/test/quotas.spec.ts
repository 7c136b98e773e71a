import type { UsageItem } from '@leadwire/contracts';
import { amount, newId, roundMoney, type Ctx } from '@leadwire/kernel';
import type { ChargedUse } from '../src/charges/charges.queries.js';
import { replay } from '../src/charges/replay.js';
import type { Answer, Command } from '../src/ledger/command.js';
import { openPostings, type Postings } from '../src/ledger/open-postings.js';
import { setQuota, usage } from './limits.js';
import { Bench, capture, extend, release, reserve, topUp } from './postings.js';

const DAY_MS = 86_400_000;

describe('quotas', () => {
  let bench: Bench;
  let replica: Postings;

  beforeAll(async () => {
    bench = await Bench.open();
    replica = await openPostings(bench.database.url('billing', 'app'), { clock: bench.clock });
  });
  afterAll(async () => {
    expect(await bench.violations()).toEqual([]);
    await replica.close();
    await bench.close();
  });

  const hold = (quantity: string, value = '0.1'): Command => ({
    ...(reserve(value, 10 * DAY_MS) as Command & { kind: 'reserve' }),
    counts: { feature: 'campaigns', quantity },
  });
  const outcomes = (answers: Answer[]) => answers.map(({ outcome }) => outcome);
  const used = async (ctx: Ctx, feature = 'campaigns') => {
    const [row] = await bench.database.query<{ day: string; month: string }>(
      `SELECT day_used::text AS day, month_used::text AS month FROM billing.billing_quota_counters
       WHERE tenant_id = $1 AND feature_key = $2`,
      [ctx.tenantId, feature],
    );
    return [Number(row?.day), Number(row?.month)];
  };
  const waiting = (ctx: Ctx) =>
    bench.database.query<{ status: string; waits: string; why: string }>(
      `SELECT status, waits_for AS waits, error_message AS why FROM billing.billing_usage_events
       WHERE tenant_id = $1 AND status <> 'charged' ORDER BY created_at, id`,
      [ctx.tenantId],
    );
  /** What the sweeper does when a tenant is due. */
  const sweep = (ctx: Ctx) =>
    bench.postings.tenant.run(ctx, async (db) => {
      const wallet = await bench.postings.wallets.take(db);
      const due = await bench.postings.charging.chargeAwaitingQuota(db, wallet);
      await wallet.save();
      return due;
    });
  const reservationOf = ({ state }: Answer) => state?.reservationId ?? '';

  describe('that are hard', () => {
    it('let usage through up to their last unit; what is more waits, says why, and leaves funds alone', async () => {
      const ctx = await bench.funded('10');
      await setQuota(bench, ctx, { daily: '3', monthly: '50' });
      const answers = await bench.post(ctx, [usage(), usage('2'), usage(), usage()]);
      expect(outcomes(answers)).toEqual(['posted', 'posted', 'awaits_quota', 'awaits_quota']);
      expect(await used(ctx)).toEqual([3, 3]);
      expect((await bench.wallet(ctx)).balance).toBe('9.970000');
      const why = 'The quota of this day has no room for it.';
      expect(await waiting(ctx)).toEqual(Array(2).fill({ status: 'pending', waits: 'quota', why }));
      // Another feature, and what was asked for gated, know nothing of it.
      expect(outcomes(await bench.post(ctx, [usage('9', { feature: 'voice' })]))).toEqual(['posted']);
    });

    it('charge what waited when the day begins anew, as far as there is room, each once', async () => {
      const ctx = await bench.funded('10');
      await setQuota(bench, ctx, { daily: '2' });
      await bench.post(ctx, [usage('2'), usage('2'), usage('1'), usage('1')]);
      const next = await sweep(ctx);
      expect(next).toEqual(new Date('2026-06-02T00:00:00Z'));
      expect(await used(ctx)).toEqual([2, 2]);
      bench.clock.forward(DAY_MS);
      expect(await sweep(ctx)).toEqual(new Date('2026-06-03T00:00:00Z'));
      expect(await used(ctx)).toEqual([2, 4]);
      expect(await waiting(ctx)).toHaveLength(2);
      bench.clock.forward(DAY_MS);
      expect(await sweep(ctx)).toBeNull();
      expect(await waiting(ctx)).toEqual([]);
      expect((await bench.wallet(ctx)).balance).toBe('9.940000');
    });

    it('charge what waited when the quota grows', async () => {
      const ctx = await bench.funded('10');
      await setQuota(bench, ctx, { monthly: '1' });
      await bench.post(ctx, [usage(), usage('4')]);
      await setQuota(bench, ctx, { monthly: '5' });
      expect(await sweep(ctx)).toBeNull();
      expect(await used(ctx)).toEqual([5, 5]);
    });

    it('refuse what is gated and say when they begin anew; the same key is refused for ever', async () => {
      const ctx = await bench.funded('10');
      await setQuota(bench, ctx, { daily: '5', monthly: '7' });
      expect((await bench.submit(ctx, hold('4'))).outcome).toBe('posted');
      const tooMuch = hold('2');
      const refused = await bench.submit(ctx, tooMuch);
      expect(refused).toMatchObject({
        outcome: 'quota',
        state: { feature: 'campaigns', reason: 'day', quota: '5.000000', used: '4.000000' },
      });
      const today = bench.clock.now().toISOString().slice(0, 10);
      expect(Date.parse(refused.state?.resetsAt ?? '')).toBe(Date.parse(today) + DAY_MS);
      bench.clock.forward(DAY_MS);
      expect(await bench.submit(ctx, tooMuch)).toMatchObject({ outcome: 'quota', state: refused.state });
      expect(await bench.submit(ctx, hold('4'))).toMatchObject({
        outcome: 'quota',
        state: { reason: 'month' },
      });
      expect((await bench.submit(ctx, hold('3'))).outcome).toBe('posted');
    });

    it('grant exactly ten of forty that come at once through two replicas', async () => {
      const ctx = await bench.funded('100');
      await setQuota(bench, ctx, { monthly: '20' });
      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, i) => (i % 2 ? bench.postings : replica).queue.submit(ctx, hold('2'))),
      );
      expect(outcomes(answers).filter((outcome) => outcome === 'posted')).toHaveLength(10);
      expect(outcomes(answers).filter((outcome) => outcome === 'quota')).toHaveLength(30);
      expect(await used(ctx)).toEqual([20, 20]);
    });

    it('let exactly as much usage through, whoever reports it, in however many batches at once', async () => {
      const ctx = await bench.funded('100');
      await setQuota(bench, ctx, { daily: '25' });
      const post = (postings: Postings) =>
        postings.tenant.run(ctx, async (db) => {
          const wallet = await postings.wallets.take(db);
          const answers = await wallet.post([usage(), usage(), usage(), usage()]);
          await wallet.save();
          return answers;
        });
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, i) => post(i % 2 ? bench.postings : replica)),
      );
      expect(outcomes(answers.flat()).filter((outcome) => outcome === 'posted')).toHaveLength(25);
      expect(await used(ctx)).toEqual([25, 25]);
    });

    it('count a repeated use once', async () => {
      const ctx = await bench.funded('10');
      await setQuota(bench, ctx, { daily: '5' });
      const use = usage('3');
      await bench.post(ctx, [use]);
      expect(outcomes(await bench.post(ctx, [use, usage('2')]))).toEqual(['duplicate', 'posted']);
      expect(await used(ctx)).toEqual([5, 5]);
    });

    it('have room again for what is voided', async () => {
      const ctx = await bench.funded('10');
      await setQuota(bench, ctx, { daily: '5' });
      const use = usage('5');
      await bench.post(ctx, [use]);
      const voided: Command = { kind: 'void', key: newId(), usageId: use.usage.id, description: 'mistake' };
      expect(outcomes(await bench.post(ctx, [voided, usage('5')]))).toEqual(['posted', 'posted']);
      expect(await used(ctx)).toEqual([5, 5]);
    });

    it('count usage that waits for funds, and do not count it again when it is paid', async () => {
      const ctx = await bench.funded('0.02');
      await setQuota(bench, ctx, { daily: '5' });
      expect(outcomes(await bench.post(ctx, [usage('2'), usage('3'), usage('1')]))).toEqual([
        'posted',
        'pending',
        'awaits_quota',
      ]);
      expect(await used(ctx)).toEqual([5, 5]);
      await bench.postings.tenant.run(ctx, async (db) => {
        const wallet = await bench.postings.wallets.take(db);
        await wallet.post([topUp('1')]);
        wallet.exhaust(amount('0.03'));
        await bench.postings.charging.chargePending(db, wallet);
        await wallet.save();
      });
      expect(await used(ctx)).toEqual([5, 5]);
      expect(await waiting(ctx)).toMatchObject([{ waits: 'quota' }]);
    });
  });

  describe('and reservations', () => {
    it('take back what was authorised and never captured', async () => {
      const ctx = await bench.funded('10');
      await setQuota(bench, ctx, { daily: '10' });
      const first = await bench.submit(ctx, hold('4'));
      await bench.submit(ctx, hold('3'));
      expect(await used(ctx)).toEqual([7, 7]);
      await bench.submit(ctx, release(reservationOf(first)));
      expect(await used(ctx)).toEqual([3, 3]);
    });

    it('count what the last capture says was used', async () => {
      const ctx = await bench.funded('10');
      await setQuota(bench, ctx, { daily: '10' });
      const held = reservationOf(await bench.submit(ctx, hold('4', '1')));
      const more = { ...extend(held, '1'), quantity: '5' } as Command;
      expect((await bench.submit(ctx, more)).outcome).toBe('posted');
      expect(await used(ctx)).toEqual([9, 9]);
      const end = (quantity: string) => ({ ...capture(held, '1.5', true), quantity }) as Command;
      expect(await bench.submit(ctx, end('9.5'))).toMatchObject({
        outcome: 'exceeded',
        available: '9.000000',
      });
      expect((await bench.submit(ctx, end('6.5'))).outcome).toBe('posted');
      expect(await used(ctx)).toEqual([6.5, 6.5]);
    });

    it('count in the day in which they were made, also when they end in another', async () => {
      const ctx = await bench.funded('10');
      await setQuota(bench, ctx, { daily: '5' });
      const held = reservationOf(await bench.submit(ctx, hold('5')));
      bench.clock.forward(DAY_MS);
      expect((await bench.submit(ctx, hold('5'))).outcome).toBe('posted');
      await bench.submit(ctx, release(held));
      expect(await used(ctx)).toEqual([5, 5]);
    });

    it('take nothing that could not be paid', async () => {
      const ctx = await bench.funded('1');
      await setQuota(bench, ctx, { daily: '5' });
      expect((await bench.submit(ctx, hold('5', '2'))).outcome).toBe('insufficient');
      expect(await used(ctx)).toEqual([0, 0]);
    });
  });

  describe('that are soft', () => {
    it('charge what lies above them at the overage rate on top of its price, as an item that says so', async () => {
      const ctx = await bench.funded('10');
      await setQuota(bench, ctx, { monthly: '10', overages: true, rate: '0.0000005' });
      const answers = await bench.post(ctx, [usage('8'), usage('5'), usage('3')]);
      expect(outcomes(answers)).toEqual(['posted', 'posted', 'posted']);
      // 8, 5 and 3 cents; 3 × 0.0000005 = 0.0000015 and 3 × 0.0000005 again, half to even.
      expect((await bench.wallet(ctx)).balance).toBe('9.839996');
      const [row] = await bench.database.query<{ items: unknown[]; cost: string; quantity: string }>(
        `SELECT usage_items AS items, total_cost AS cost, total_quantity AS quantity FROM billing.billing_usage_events
         WHERE tenant_id = $1 AND total_quantity = 5`,
        [ctx.tenantId],
      );
      expect(row).toMatchObject({ cost: '0.050002', quantity: '5.000000' });
      expect(row?.items[1]).toMatchObject({
        scheme: 'overage',
        unit: 'message',
        quantity: '3.000000',
        unitPrice: '0.0000005000',
        exactCost: '0.0000015000000000',
        cost: '0.000002',
      });
      // Whoever rates the charge again comes to the same digits.
      const overage = row?.items[1] as UsageItem;
      const use = {
        id: newId(),
        items: [overage],
        cost: overage.cost,
        currency: 'USD',
        occurredAt: new Date(),
      };
      expect(replay(use as ChargedUse, [])).toEqual([]);
    });

    it('cost nothing more without a rate', async () => {
      const ctx = await bench.funded('10');
      await setQuota(bench, ctx, { monthly: '1', overages: true });
      await bench.post(ctx, [usage('5')]);
      expect((await bench.wallet(ctx)).balance).toBe('9.950000');
      expect(await used(ctx)).toEqual([5, 5]);
    });
  });

  it('of a feature that is switched off refuse what is gated, and let usage wait for an operator', async () => {
    const ctx = await bench.funded('10');
    await setQuota(bench, ctx, { enabled: false });
    expect(await bench.submit(ctx, hold('1'))).toMatchObject({
      outcome: 'quota',
      state: { reason: 'disabled' },
    });
    expect(outcomes(await bench.post(ctx, [usage()]))).toEqual(['awaits_quota']);
    expect(await sweep(ctx)).toBeNull();
    await setQuota(bench, ctx, {});
    await sweep(ctx);
    expect(await waiting(ctx)).toEqual([]);
  });

  it('are announced once a window, when they are used up or have no room', async () => {
    const ctx = await bench.funded('10');
    await setQuota(bench, ctx, { daily: '2', monthly: '4' });
    await bench.post(ctx, [usage(), usage(), usage(), usage()]);
    bench.clock.forward(DAY_MS);
    await bench.post(ctx, [usage('5')]);
    const events = await bench.database.query<{ period: string; used: string }>(
      `SELECT payload ->> 'period' AS period, payload ->> 'used' AS used FROM billing.domain_events
       WHERE tenant_id = $1 AND event_type = 'billing.quota.used-up' ORDER BY seq`,
      [ctx.tenantId],
    );
    expect(events).toEqual([
      { period: 'day', used: '2.000000' },
      { period: 'day', used: '0.000000' },
      { period: 'month', used: '2.000000' },
    ]);
  });

  it('are found out by the audit when what they counted was changed by hand', async () => {
    const ctx = await bench.funded('10');
    await setQuota(bench, ctx, { daily: '5' });
    await bench.post(ctx, [usage('3')]);
    const change = (by: string) =>
      bench.database.query(
        `UPDATE billing.billing_quota_counters SET month_used = month_used + $2 WHERE tenant_id = $1`,
        [ctx.tenantId, by],
      );
    await change('-1');
    expect(await bench.violations()).toMatchObject([
      {
        invariant: expect.stringMatching(/^I18/),
        tenantId: ctx.tenantId,
        row: 'campaigns',
        detail: '3.000000 / 2.000000 instead of 3.000000 / 3.000000',
      },
    ]);
    await change('1');
  });

  it('round overage as all money is rounded, in the database as in the service', async () => {
    const values = ['0.0000005', '0.0000015', '0.0000025', '-0.0000015', '0.00000251', '7.1234565', '12'];
    for (const value of values) {
      const [row] = await bench.database.query<{ rounded: string }>(
        'SELECT billing.round_half_even($1::numeric) AS rounded',
        [value],
      );
      expect(amount(row?.rounded ?? '').eq(roundMoney(amount(value)))).toBe(true);
    }
  });
});
