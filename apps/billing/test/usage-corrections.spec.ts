import { UsageVoided, type UsageApi, type UsageEventsApi, type WalletsApi } from '@leadwire/contracts';
import { systemCtx } from '@leadwire/kernel';
import { caller, eventually, type TestService } from '@leadwire/testing';
import { mail, send } from './mails.js';
import { MAILS, ReportedUsageFixture } from './reported-usage.js';

describe('usage that was reported', () => {
  let fixture: ReportedUsageFixture;
  let service: TestService;
  let usage: UsageApi;
  let events: UsageEventsApi;
  let wallets: WalletsApi;

  beforeAll(async () => {
    fixture = await ReportedUsageFixture.start();
    ({ service, usage, events, wallets } = fixture);
  });
  afterAll(() => fixture.stop());

  describe('when it is voided', () => {
    it('gives the charge back, once, to what paid for it, and says so', async () => {
      const ctx = caller();
      const id = await fixture.recordOne(ctx);
      const asked = { usageEventId: id, reason: 'Sent by mistake' };
      const [voided] = await Promise.all([
        events.void(ctx, asked),
        events.void(ctx, asked),
        events.void(ctx, asked),
      ]);
      expect(voided).toMatchObject({
        status: 'voided',
        cost: '0.010000',
        ledgerTransactionId: expect.any(String),
        reversalTransactionId: expect.any(String),
        voidReason: 'Sent by mistake',
      });
      expect(await fixture.balanceOf(ctx)).toBe('1.000000');
      expect(await service.events(UsageVoided, ctx.tenantId)).toMatchObject([
        { data: { usageEventId: id, cost: '0.010000', reversalTransactionId: voided.reversalTransactionId } },
      ]);
      await expect(events.void(ctx, { ...asked, reason: 'Another one' })).rejects.toMatchObject({
        code: 'usage.voided',
      });
      const lots = `SELECT granted, remaining FROM billing.billing_credit_lots WHERE tenant_id = $1`;
      expect(await service.database.query(lots, [ctx.tenantId])).toEqual([
        { granted: '1.000000', remaining: '1.000000' },
      ]);
    });

    it('ends what waits without a posting', async () => {
      const ctx = caller();
      const waiting = await fixture.recordOne(ctx, { items: [{ ...MAILS, quantity: '2000' }] });
      const failed = await fixture.recordOne(ctx, {
        items: [{ ...MAILS, provider: 'pigeon', quantity: '1' }],
      });
      for (const usageEventId of [waiting, failed, waiting])
        expect(await events.void(ctx, { usageEventId, reason: 'No' })).toMatchObject({
          status: 'voided',
          reversalTransactionId: null,
        });
      expect(await wallets.get(ctx, {})).toMatchObject({ balance: '1.000000', exhausted: false });
      await fixture.recordOne(ctx);
      expect(await fixture.balanceOf(ctx)).toBe('0.990000');
    });

    it('pays what waits with what comes back', async () => {
      const ctx = caller();
      const large = await fixture.recordOne(ctx, { items: [{ ...MAILS, quantity: '900' }] });
      const waiting = await fixture.recordOne(ctx, { items: [{ ...MAILS, quantity: '500' }] });
      await events.void(ctx, { usageEventId: large, reason: 'No' });
      expect((await usage.get(ctx, { usageEventId: waiting })).status).toBe('charged');
      expect(await fixture.balanceOf(ctx)).toBe('0.500000');
    });

    it("is not there for another team, and what our services reported is the operator's to void", async () => {
      const ctx = caller();
      const id = await fixture.recordOne(ctx);
      await expect(events.void(caller(), { usageEventId: id, reason: 'No' })).rejects.toMatchObject({
        code: 'usage.not_found',
      });
      await send(service, ctx.tenantId, [mail()]);
      const sent = await eventually(async () => (await usage.list(ctx, { feature: 'campaigns' })).items[0]);
      const asked = { usageEventId: sent.id, reason: 'Bounced' };
      await expect(events.void(ctx, asked)).rejects.toMatchObject({ code: 'usage.not_reported' });
      expect(await events.void(systemCtx(ctx.tenantId), asked)).toMatchObject({ status: 'voided' });
    });
  });

  describe('when it is corrected', () => {
    it('is charged for what was really used, at the price of its moment, by a credit and a debit', async () => {
      const ctx = caller();
      await fixture.setPrice(ctx, '0.002', 'smtp', new Date(Date.now() - 3_600_000).toISOString());
      const occurredAt = new Date(Date.now() - 2 * 3_600_000).toISOString();
      const id = await fixture.recordOne(ctx, { occurredAt, reference: 'issue-8' });
      const asked = { usageEventId: id, reason: 'Twelve it was', items: [{ ...MAILS, quantity: '12' }] };
      const corrected = await events.correct(ctx, asked);
      expect(corrected).toMatchObject({
        voided: { id, status: 'voided', correctedById: corrected.replacement.id, cost: '0.010000' },
        replacement: {
          status: 'charged',
          cost: '0.012000',
          correctsId: id,
          externalReferenceId: 'issue-8',
          occurredAt,
        },
      });
      expect(await fixture.balanceOf(ctx)).toBe('0.988000');
      expect(await events.correct(ctx, asked)).toEqual(corrected);
      await expect(
        events.correct(ctx, { ...asked, items: [{ ...MAILS, quantity: '13' }] }),
      ).rejects.toMatchObject({ code: 'usage.voided' });
      expect(await fixture.balanceOf(ctx)).toBe('0.988000');
      const ledger = await service.database.query(
        `SELECT transaction_type AS type, amount, counter_account AS account FROM billing.billing_ledger_transactions
         WHERE tenant_id = $1 ORDER BY wallet_seq`,
        [ctx.tenantId],
      );
      expect(ledger).toEqual([
        { type: 'credit', amount: '1.000000', account: 'promotions' },
        { type: 'debit', amount: '-0.010000', account: 'revenue' },
        { type: 'reversal', amount: '0.010000', account: 'revenue' },
        { type: 'debit', amount: '-0.012000', account: 'revenue' },
      ]);
    });
  });
});
