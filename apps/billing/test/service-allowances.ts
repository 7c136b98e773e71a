import { newId, type Ctx } from '@leadwire/kernel';
import { caller } from '@leadwire/testing';
import type { LimitsBench } from './limits-bench.js';

export function serviceAllowances(limits: () => LimitsBench): void {
  describe('allowances', () => {
    it('are set by owners and admins, seen by whom they concern, and told change by change', async () => {
      const ctx = await limits().team();
      const userId = newId();
      const set = await limits().allowances.set(ctx, { userId, monthlyAllowance: '3' });
      expect(set).toMatchObject({
        userId,
        monthlyAllowance: '3.000000',
        balance: '3.000000',
        held: '0.000000',
      });
      const { reservationId } = await limits().hold(ctx, '2', { userId });
      await expect(limits().hold(ctx, '1.5', { userId })).rejects.toMatchObject({
        code: 'reservation.allowance',
        details: { extras: { available: '1.000000' } },
      });
      await limits().reservations.capture(limits().tenantOf(ctx), {
        key: newId(),
        reservationId,
        amount: '2',
        close: true,
      });
      const self: Ctx = { ...caller('agent'), tenantId: ctx.tenantId, userId };
      expect(await limits().allowances.mine(self, {})).toMatchObject({
        balance: '1.000000',
        monthlyUsage: '2.000000',
      });
      expect((await limits().allowances.list(ctx, {})).items).toMatchObject([
        { userId, balance: '1.000000' },
      ]);
      const { items } = await limits().allowances.transactions(ctx, { userId });
      expect(
        items.map(({ type, amount, balanceBefore, balanceAfter }) => [
          type,
          amount,
          balanceBefore,
          balanceAfter,
        ]),
      ).toEqual([
        ['usage', '0.000000', '1.000000', '1.000000'],
        ['hold', '-2.000000', '3.000000', '1.000000'],
        ['allowance', '3.000000', '0.000000', '3.000000'],
      ]);
      expect(items[2]).toMatchObject({
        userId,
        changedBy: ctx.userId,
        allowance: '3.000000',
        ledgerTransactionId: null,
      });
      const page = await limits().allowances.transactions(ctx, { userId, limit: 2 });
      const rest = await limits().allowances.transactions(ctx, {
        userId,
        limit: 2,
        cursor: page.next as string,
      });
      expect([...page.items, ...rest.items]).toEqual(items);
    });

    it('say how many seconds the rest still buys when a hold cannot be made or grow', async () => {
      const ctx = await limits().team();
      const userId = newId();
      await limits().allowances.set(ctx, { userId, monthlyAllowance: '3' });
      const { reservationId } = await limits().hold(ctx, '2', { userId });
      const refused = {
        code: 'reservation.allowance',
        details: { extras: { available: '1.000000', units: 33 } },
      };
      await expect(limits().hold(ctx, '1.5', { userId, unitPrice: '0.03' })).rejects.toMatchObject(refused);
      const more = { key: newId(), reservationId, amount: '1.5', ttlSeconds: 60, unitPrice: '0.03' };
      await expect(limits().reservations.extend(limits().tenantOf(ctx), more)).rejects.toMatchObject(refused);
      // The same key is refused in the same words, whatever the member may spend by now.
      await limits().allowances.set(ctx, { userId, monthlyAllowance: '30' });
      await expect(limits().reservations.extend(limits().tenantOf(ctx), more)).rejects.toMatchObject(refused);
    });

    it('are without a limit where none is set', async () => {
      expect(await limits().allowances.mine(await limits().team(), {})).toMatchObject({
        monthlyAllowance: null,
        monthlyUsage: '0.000000',
      });
    });

    it('are of members only, not of strangers nor for other teams, and set by nobody without the right', async () => {
      const ctx = await limits().team();
      const stranger = limits().service.members.stranger();
      await expect(
        limits().allowances.set(ctx, { userId: stranger, monthlyAllowance: '3' }),
      ).rejects.toMatchObject({
        code: 'member.not_found',
      });
      await expect(limits().allowances.transactions(ctx, { userId: stranger })).rejects.toMatchObject({
        code: 'member.not_found',
      });
      const userId = newId();
      await limits().allowances.set(ctx, { userId, monthlyAllowance: '3' });
      expect((await limits().allowances.list(await limits().team(), {})).items).toEqual([]);
      for (const role of ['manager', 'agent', 'viewer'] as const)
        await expect(
          limits().allowances.set(
            { ...caller(role), tenantId: ctx.tenantId },
            { userId, monthlyAllowance: '9' },
          ),
        ).rejects.toMatchObject({ code: 'request.forbidden' });
    });

    it.each(['-1', '1.0000001', 'NaN', '1000000.000001', 5, undefined])('refuse %p', async (bad) => {
      const wish = { userId: newId(), monthlyAllowance: bad as string };
      await expect(limits().allowances.set(await limits().team(), wish)).rejects.toMatchObject({
        code: 'request.invalid',
        details: { errors: [{ pointer: '/monthlyAllowance' }] },
      });
    });
  });
}
