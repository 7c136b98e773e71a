import { CreditExpired } from '@leadwire/contracts';
import { newId } from '@leadwire/kernel';
import { caller, eventually } from '@leadwire/testing';
import type { LimitsBench } from './limits-bench.js';

const LATER = '2099-01-01T00:00:00.000Z';

export function grantedCredit(limits: () => LimitsBench): void {
  describe('credit that operators grant', () => {
    it('is a lot with its source, order and end, once for its key', async () => {
      const ctx = await limits().team();
      const key = newId();
      const wish = { key, source: 'promotional', priority: 10, expiresAt: LATER };
      expect(await limits().grant(ctx, '5', wish)).toMatchObject({ repeated: false, balance: '15.000000' });
      expect(await limits().grant(ctx, '5', wish)).toMatchObject({ repeated: true, balance: '15.000000' });
      await expect(limits().grant(ctx, '6', wish)).rejects.toMatchObject({ code: 'credit.key_reused' });
      const { items } = await limits().credits.list(ctx, {});
      expect(items).toMatchObject([
        {
          source: 'promotional',
          priority: 10,
          status: 'open',
          granted: '5.000000',
          spent: '0.000000',
          remaining: '5.000000',
          expiresAt: LATER,
          description: 'Sorry for Tuesday',
        },
        { source: 'granted', granted: '10.000000', expiresAt: null, description: 'Trial credit' },
      ]);
    });

    it('is spent before what was paid for; the list shows what is left of which', async () => {
      const ctx = await limits().team();
      await limits().grant(ctx, '5', { source: 'promotional' });
      const { reservationId } = await limits().hold(ctx, '7');
      await limits().reservations.capture(limits().tenantOf(ctx), {
        key: newId(),
        reservationId,
        amount: '7',
        close: true,
      });
      const { items } = await limits().credits.list(ctx, {});
      expect(items.map(({ status, spent, remaining }) => [status, spent, remaining])).toEqual([
        ['spent', '5.000000', '0.000000'],
        ['open', '2.000000', '8.000000'],
      ]);
      expect((await limits().credits.list(ctx, { open: true })).items).toHaveLength(1);
    });

    it('ends by itself; that is announced, and the list says what was lost', async () => {
      const ctx = await limits().team();
      await limits().grant(ctx, '5', { expiresAt: new Date(Date.now() + 1_500).toISOString() });
      await eventually(async () => {
        const [lot] = (await limits().credits.list(ctx, {})).items;
        expect(lot).toMatchObject({
          status: 'expired',
          spent: '0.000000',
          expired: '5.000000',
          remaining: '0.000000',
        });
        return lot;
      });
      const [lot] = (await limits().credits.list(ctx, {})).items;
      expect(await limits().service.events(CreditExpired, ctx.tenantId)).toMatchObject([
        { data: { creditLotId: lot?.id, amount: '5.000000', balance: '10.000000', currency: 'EUR' } },
      ]);
    });

    it.each([
      ['/amount', { amount: '0' }],
      ['/amount', { amount: '-1' }],
      ['/amount', { amount: '1.0000001' }],
      ['/amount', { amount: 'NaN' }],
      ['/amount', { amount: '1000000.01' }],
      ['/expiresAt', { expiresAt: '2020-01-01T00:00:00Z' }],
      ['/priority', { priority: 101 }],
      ['/source', { source: 'prepaid' }],
      ['/reason', { reason: ' ' }],
      ['/key', { key: '' }],
    ])('is refused with a bad %s: %p', async (pointer, over) => {
      const ctx = await limits().team();
      await expect(limits().grant(ctx, '1', over)).rejects.toMatchObject({
        code: 'request.invalid',
        details: { errors: [{ pointer }] },
      });
    });

    it('goes to nobody who has no wallet, and is given by nobody but operators', async () => {
      await expect(limits().grant(caller(), '1')).rejects.toMatchObject({ code: 'wallet.not_found' });
      const ctx = await limits().team();
      const wish = {
        tenantId: ctx.tenantId,
        key: newId(),
        amount: '1',
        source: 'granted' as const,
        reason: 'me',
      };
      await expect(limits().operators.grant(ctx, wish)).rejects.toMatchObject({ code: 'request.forbidden' });
    });
  });

  it('adjusts a balance both ways, with a reason, never below what is there', async () => {
    const ctx = await limits().team();
    const adjust = (amount: string) =>
      limits().operators.adjust(limits().system(), {
        tenantId: ctx.tenantId,
        key: newId(),
        amount,
        reason: 'Counted twice',
      });
    expect(await adjust('-2.5')).toMatchObject({ balance: '7.500000' });
    expect(await adjust('0.5')).toMatchObject({ balance: '8.000000' });
    await expect(adjust('-8.000001')).rejects.toMatchObject({
      code: 'credit.insufficient',
      details: { extras: { available: '8.000000' } },
    });
    for (const bad of ['0', '-1000000.1', '1e3'])
      await expect(adjust(bad)).rejects.toMatchObject({ code: 'request.invalid' });
  });
}
