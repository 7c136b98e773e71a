import { usageOperatorsApi, type UsageEventsApi, type WalletsApi } from '@leadwire/contracts';
import { systemCtx, type Ctx } from '@leadwire/kernel';
import { caller, type TestService } from '@leadwire/testing';
import { MAILS, ReportedUsageFixture } from './reported-usage.js';

describe('the audit of a wallet', () => {
  let fixture: ReportedUsageFixture;
  let service: TestService;
  let events: UsageEventsApi;
  let wallets: WalletsApi;

  beforeAll(async () => {
    fixture = await ReportedUsageFixture.start();
    ({ service, events, wallets } = fixture);
  });
  afterAll(() => fixture.stop());

  const audit = (ctx: Ctx) => wallets.audit(ctx, {});
  const ago = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();

  it('agrees after a void: the debit stays, and the reversal stands against it', async () => {
    const ctx = caller();
    await fixture.recordOne(ctx);
    const usageEventId = await fixture.recordOne(ctx);
    await events.void(ctx, { usageEventId, reason: 'Sent by mistake' });
    expect(await audit(ctx)).toMatchObject({
      walletBalance: '0.990000',
      ledgerDebits: 2,
      debited: '0.020000',
      ledgerReversals: 1,
      reversed: '0.010000',
      usageCharged: 2,
      usageChargedCost: '0.020000',
      usageReversed: 1,
      usageReversedCost: '0.010000',
      ok: true,
    });
  });

  it('agrees after usage was voided that nobody was charged for', async () => {
    const ctx = caller();
    const usageEventId = await fixture.recordOne(ctx, { items: [{ ...MAILS, quantity: '2000' }] });
    await events.void(ctx, { usageEventId, reason: 'Never sent' });
    expect(await audit(ctx)).toMatchObject({ usageCharged: 0, usageReversed: 0, usagePending: 0, ok: true });
  });

  it('agrees after a correction', async () => {
    const ctx = caller();
    const usageEventId = await fixture.recordOne(ctx);
    await events.correct(ctx, { usageEventId, reason: 'Twelve', items: [{ ...MAILS, quantity: '12' }] });
    expect(await audit(ctx)).toMatchObject({
      walletBalance: '0.988000',
      usageChargedCost: '0.022000',
      usageReversedCost: '0.010000',
      ok: true,
    });
  });

  it('agrees after a period was rated again', async () => {
    const ctx = caller();
    await fixture.recordOne(ctx, { occurredAt: ago(2) });
    await fixture.setPrice(ctx, '0.002', 'smtp', ago(1));
    const span = { from: ago(3), to: ago(0), reason: 'The price was mistyped' };
    const rerated = await service
      .client(usageOperatorsApi)
      .rerate(systemCtx('', { deadline: Date.now() + 30_000 }), { tenantId: ctx.tenantId, ...span });
    expect(rerated.changed).toBe(1);
    expect(await audit(ctx)).toMatchObject({
      walletBalance: '0.980000',
      usageChargedCost: '0.030000',
      usageReversedCost: '0.010000',
      ok: true,
    });
  });

  describe('of which a row was altered by hand', () => {
    let ctx: Ctx;
    let voided: string;
    let charged: string;

    beforeAll(async () => {
      ctx = caller();
      charged = await fixture.recordOne(ctx);
      voided = await fixture.recordOne(ctx);
      await events.void(ctx, { usageEventId: voided, reason: 'Sent by mistake' });
    });

    /** Does something to a row, and undoes it once the audit was asked. */
    const auditedAfter = async (change: string, undo: string, id: string) => {
      await service.database.query(change, [id]);
      const verdict = await audit(ctx);
      await service.database.query(undo, [id]);
      expect((await audit(ctx)).ok).toBe(true);
      return verdict;
    };
    const setCost = (by: string) =>
      `UPDATE billing.billing_usage_events SET total_cost = total_cost ${by} WHERE id = $1`;

    it('does not agree where charged usage costs something else', async () => {
      const verdict = await auditedAfter(setCost('+ 1'), setCost('- 1'), charged);
      expect(verdict).toMatchObject({ debited: '0.020000', usageChargedCost: '1.020000', ok: false });
    });

    it('does not agree where voided usage costs something else', async () => {
      const verdict = await auditedAfter(setCost('+ 1'), setCost('- 1'), voided);
      expect(verdict).toMatchObject({ reversed: '0.010000', usageReversedCost: '1.010000', ok: false });
    });

    it('does not agree where voided usage passes for charged', async () => {
      const verdict = await auditedAfter(
        `UPDATE billing.billing_usage_events
         SET status = 'charged', error_message = reversal_transaction_id::text, reversal_transaction_id = NULL, voided_at = NULL
         WHERE id = $1`,
        `UPDATE billing.billing_usage_events
         SET status = 'voided', reversal_transaction_id = error_message::uuid, error_message = NULL, voided_at = now()
         WHERE id = $1`,
        voided,
      );
      expect(verdict).toMatchObject({ ledgerReversals: 1, usageReversed: 0, ok: false });
    });

    it('does not agree where a wallet says more than its ledger', async () => {
      const setBalance = (by: string) =>
        `UPDATE billing.billing_wallets SET current_balance = current_balance ${by}
         WHERE id = (SELECT wallet_id FROM billing.billing_usage_events WHERE id = $1)`;
      const verdict = await auditedAfter(setBalance('+ 1'), setBalance('- 1'), charged);
      expect(verdict).toMatchObject({ walletBalance: '1.990000', ledgerSum: '0.990000', ok: false });
    });
  });
});
