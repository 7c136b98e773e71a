import { usageApi } from '@leadwire/contracts';
import { newId, type Ctx } from '@leadwire/kernel';
import { eventually } from '@leadwire/testing';
import type { LimitsBench } from './limits-bench.js';

export function serviceQuotas(limits: () => LimitsBench): void {
  describe('quotas', () => {
    const set = (ctx: Ctx, over: object) =>
      limits().plans.set(limits().system(), { tenantId: ctx.tenantId, feature: 'voice', ...over });
    const report = (ctx: Ctx, quantity: string) =>
      limits().usage.record(ctx, {
        events: [
          {
            key: newId(),
            feature: 'voice',
            items: [{ category: 'email', provider: 'smtp', model: null, unit: 'message', quantity }],
            occurredAt: new Date().toISOString(),
          },
        ],
      } as never);

    it('are seen by the team: quota, used, left, and when they begin anew', async () => {
      const ctx = await limits().team();
      await set(ctx, { monthlyQuota: '100', dailyQuota: '10' });
      await limits().hold(ctx, '1', { feature: 'voice', quantity: '4' });
      expect((await limits().reservations.list(ctx, {})).items).toMatchObject([
        { feature: 'voice', quantity: '4.000000' },
      ]);
      const [item] = (await limits().quotas.list(ctx, {})).items;
      expect(item).toMatchObject({
        feature: 'voice',
        enabled: true,
        day: { quota: '10.000000', used: '4.000000', left: '6.000000' },
        month: { quota: '100.000000', used: '4.000000', left: '96.000000' },
        allowOverages: false,
        overageRate: null,
      });
      const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
      expect(item?.day.resetsAt).toBe(`${tomorrow}T00:00:00.000Z`);
    });

    it('keep what is not named when they are changed, and lose a limit that is null', async () => {
      const ctx = await limits().team();
      await set(ctx, { monthlyQuota: '100', dailyQuota: '10' });
      const { items } = await set(ctx, { dailyQuota: null, allowOverages: true, overageRate: '0.25' });
      expect(items).toMatchObject([
        { day: { quota: null, left: null }, month: { quota: '100.000000' }, overageRate: '0.2500000000' },
      ]);
      await expect(set(ctx, { allowOverages: false })).rejects.toMatchObject({
        details: { errors: [{ pointer: '/overageRate' }] },
      });
    });

    it('say since when, by whom and why they are as they are, until they are set again', async () => {
      const ctx = await limits().team();
      await set(ctx, { monthlyQuota: '100', reason: 'Their new contract' });
      const [item] = (await limits().quotas.list(ctx, {})).items;
      expect(item).toMatchObject({
        setAt: expect.any(String),
        setBy: 'operator',
        reason: 'Their new contract',
      });
      expect((await limits().plans.list(limits().system(), { tenantId: ctx.tenantId })).items).toEqual([
        item,
      ]);
      const { items } = await set(ctx, { dailyQuota: '10' });
      expect(items).toMatchObject([{ setBy: 'operator', reason: null, month: { quota: '100.000000' } }]);
    });

    it('refuse a reservation that they have no room for, and say until when', async () => {
      const ctx = await limits().team();
      await set(ctx, { dailyQuota: '5' });
      await expect(limits().hold(ctx, '1', { feature: 'voice', quantity: '6' })).rejects.toMatchObject({
        code: 'quota.used_up',
        details: { extras: { feature: 'voice', period: 'day', quota: '5.000000', used: '0.000000' } },
      });
      await set(ctx, { enabled: false });
      await expect(limits().hold(ctx, '1', { feature: 'voice', quantity: '1' })).rejects.toMatchObject({
        code: 'quota.disabled',
      });
      await expect(limits().hold(ctx, '1', { feature: 'voice' })).rejects.toMatchObject({
        code: 'request.invalid',
      });
    });

    it('let usage wait, and charge it once an operator makes room', async () => {
      const ctx = await limits().team();
      await set(ctx, { monthlyQuota: '5' });
      await report(limits().tenantOf(ctx), '8');
      await set(ctx, { monthlyQuota: '20' });
      await eventually(async () => {
        const [item] = (await limits().quotas.list(ctx, {})).items;
        expect(item?.month.used).toBe('8.000000');
        return item;
      });
      const mixed = limits().service.database.query(
        `UPDATE billing.billing_usage_events SET currency = 'USD' WHERE tenant_id = $1`,
        [ctx.tenantId],
      );
      await expect(mixed).rejects.toMatchObject({ code: '23503' });
    });

    describe('that something goes back to have room at once for the usage that waits', () => {
      const statusOf = async (ctx: Ctx, usageEventId: string) =>
        (await limits().service.client(usageApi).get(ctx, { usageEventId })).status;
      const reportOne = async (ctx: Ctx, quantity: string) =>
        (await report(ctx, quantity)).items[0]?.usageEventId as string;
      const counted = { feature: 'voice', quantity: '5' };

      it.each<[string, (ctx: Ctx) => Promise<() => Promise<unknown>>]>([
        [
          'voided usage',
          async (ctx) => {
            const usageEventId = await reportOne(ctx, '5');
            return () => limits().usage.void(ctx, { usageEventId, reason: 'Never sent' });
          },
        ],
        [
          'a reservation that is released',
          async (ctx) => {
            const { reservationId } = await limits().hold(ctx, '1', counted);
            return () =>
              limits().reservations.release(limits().tenantOf(ctx), { key: newId(), reservationId });
          },
        ],
        [
          'what the closing capture of a reservation did not use',
          async (ctx) => {
            const { reservationId } = await limits().hold(ctx, '1', counted);
            const end = { key: newId(), reservationId, amount: '0.4', quantity: '2', close: true };
            return () => limits().reservations.capture(limits().tenantOf(ctx), end);
          },
        ],
      ])('%s', async (_, fill) => {
        const ctx = await limits().team();
        await set(ctx, { monthlyQuota: '5' });
        const giveBack = await fill(ctx);
        const waiting = await reportOne(ctx, '3');
        expect(await statusOf(ctx, waiting)).toBe('pending');
        await giveBack();
        await eventually(async () => (await statusOf(ctx, waiting)) === 'charged');
      });
    });

    it('are known to whoever asks before starting: in microseconds, and right after any change', async () => {
      const ctx = await limits().team();
      const asks = limits().tenantOf(ctx);
      const free = { allowed: true, reason: null, overage: false, resetsAt: null };
      expect(await limits().quotas.check(asks, { feature: 'voice' })).toEqual(free);
      await set(ctx, { dailyQuota: '5' });
      await eventually(
        async () => (await limits().quotas.check(asks, { feature: 'voice', quantity: '6' })).reason === 'day',
      );
      await limits().hold(ctx, '1', { feature: 'voice', quantity: '5' });
      await eventually(async () => !(await limits().quotas.check(asks, { feature: 'voice' })).allowed);
      await expect(limits().quotas.check(ctx, { feature: 'voice' })).rejects.toMatchObject({
        code: 'request.forbidden',
      });
    });

    it.each([
      ['/feature', { feature: 'Voice!' }],
      ['/monthlyQuota', { monthlyQuota: '-1' }],
      ['/dailyQuota', { dailyQuota: 'many' }],
      ['/overageRate', { overageRate: '0.1' }],
      ['/reason', { monthlyQuota: '1', reason: ' ' }],
      ['/reason', { monthlyQuota: '1', reason: 'x'.repeat(501) }],
      ['/overageRate', { allowOverages: true, overageRate: '0.00000000001' }],
    ])('are refused with a bad %s: %p', async (pointer, over) => {
      await expect(set(await limits().team(), over)).rejects.toMatchObject({
        code: 'request.invalid',
        details: { errors: [{ pointer }] },
      });
    });
  });
}
