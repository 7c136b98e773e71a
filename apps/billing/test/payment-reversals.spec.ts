import { TopUpReversed } from '@leadwire/contracts';
import { amount, newId, systemCtx, type Ctx } from '@leadwire/kernel';
import { TenantTransaction } from '@leadwire/persistence';
import { caller } from '@leadwire/testing';
import { WalletLock } from '../src/ledger/wallet-lock.js';
import { PaymentBench } from './payments.js';
import { violationsIn } from './postings.js';

describe('money that goes back to its payer', () => {
  let bench: PaymentBench;

  beforeAll(async () => {
    bench = await PaymentBench.start();
  });
  afterAll(async () => {
    expect(await violationsIn(bench.service.database)).toEqual([]);
    await bench.stop();
  });

  const get = (ctx: Ctx, topUpId: string) => bench.topUps.get(ctx, { topUpId });
  const status = async (ctx: Ctx) => (await bench.wallets.get(ctx, {})).status;
  /** Gives a tenant credit that is used up before what it paid. */
  const grant = (ctx: Ctx, value: string) => {
    const { app } = bench.service.running;
    return app.get(TenantTransaction).run(systemCtx(ctx.tenantId), async (db) => {
      const wallet = await app.get(WalletLock).take(db);
      await wallet.post([
        {
          kind: 'credit',
          key: newId(),
          amount: amount(value),
          referenceType: 'manual',
          source: 'promotional',
        },
      ]);
      await wallet.save();
    });
  };

  it('is taken out of the wallet, a part or all of it', async () => {
    const { ctx, topUp, paymentId } = await bench.paying('50');
    bench.stripe.refund(paymentId, 2_000);
    await bench.deliver();
    expect(await get(ctx, topUp.id)).toMatchObject({ status: 'succeeded', refunded: '20.000000' });
    expect(await bench.balance(ctx)).toBe('30.000000');
    bench.stripe.refund(paymentId, 3_000);
    await bench.deliver();
    expect(await get(ctx, topUp.id)).toMatchObject({ status: 'refunded', refunded: '50.000000' });
    expect(await bench.postings(ctx)).toEqual([
      { type: 'topup', amount: '50.000000' },
      { type: 'refund', amount: '-20.000000' },
      { type: 'refund', amount: '-30.000000' },
    ]);
    expect(await bench.service.events(TopUpReversed, ctx.tenantId)).toMatchObject([
      { data: { kind: 'refund', reversed: '20.000000', owed: '0.000000' } },
      { data: { kind: 'refund', reversed: '30.000000', owed: '0.000000' } },
    ]);
  });

  it('is taken from what it came as, before credit that was given', async () => {
    const { ctx, paymentId } = await bench.paying('50');
    await grant(ctx, '10');
    bench.stripe.refund(paymentId, 5_000);
    await bench.deliver();
    const left = await bench.service.database.query(
      'SELECT source, remaining FROM billing.billing_credit_lots WHERE tenant_id = $1 AND remaining > 0',
      [ctx.tenantId],
    );
    expect(left).toEqual([{ source: 'promotional', remaining: '10.000000' }]);
  });

  it('comes again when the refund fails', async () => {
    const { ctx, topUp, paymentId } = await bench.paying('50');
    const refund = bench.stripe.refund(paymentId, 5_000);
    await bench.deliver();
    expect(await bench.balance(ctx)).toBe('0.000000');
    bench.stripe.failRefund(refund);
    await bench.deliver();
    expect(await bench.balance(ctx)).toBe('50.000000');
    expect(await get(ctx, topUp.id)).toMatchObject({ status: 'succeeded', refunded: '0.000000' });
  });

  it('never takes a wallet below zero: what is missing is paid first by the next top-up', async () => {
    const { ctx, paymentId } = await bench.paying('50');
    await bench.spend(ctx, '35');
    bench.stripe.refund(paymentId, 5_000);
    await bench.deliver();
    expect(await bench.balance(ctx)).toBe('0.000000');
    expect(await status(ctx)).toBe('active');
    await bench.wallets.topUp(ctx, { amount: '20' });
    expect(await bench.balance(ctx)).toBe('0.000000');
    await bench.paying('40', ctx);
    expect(await bench.balance(ctx)).toBe('25.000000');
    expect(await bench.postings(ctx)).toMatchObject([
      { type: 'topup' },
      { type: 'debit' },
      { type: 'refund', amount: '-15.000000' },
      { type: 'topup' },
      { type: 'refund', amount: '-20.000000' },
      { type: 'topup' },
      { type: 'refund', amount: '-15.000000' },
    ]);
  });

  it('leaves what is held to its holder', async () => {
    const { ctx, paymentId } = await bench.paying('50');
    const { app } = bench.service.running;
    await app.get(TenantTransaction).run(systemCtx(ctx.tenantId), async (db) => {
      const wallet = await app.get(WalletLock).take(db);
      await wallet.post([{ kind: 'reserve', key: newId(), amount: amount('30'), ttlMs: 3_600_000 }]);
      await wallet.save();
    });
    bench.stripe.refund(paymentId, 5_000);
    await bench.deliver();
    expect(await bench.wallets.get(ctx, {})).toMatchObject({ balance: '30.000000', available: '0.000000' });
  });

  it('suspends the wallet when a disputed payment was spent, until the debt is paid', async () => {
    const { ctx, topUp, paymentId } = await bench.paying('50');
    await bench.spend(ctx, '50');
    bench.stripe.dispute(paymentId, 5_000);
    await bench.deliver();
    expect(await get(ctx, topUp.id)).toMatchObject({ status: 'disputed', disputed: '50.000000' });
    expect(await status(ctx)).toBe('suspended');
    expect(await bench.spend(ctx, '1')).toBe('frozen');
    // Whoever suspended it for something else, and is done with that, does not open it.
    await bench.service.database.query(
      `UPDATE billing.billing_wallets SET status = 'active' WHERE tenant_id = $1`,
      [ctx.tenantId],
    );
    expect(await status(ctx)).toBe('suspended');
    await bench.paying('60', ctx);
    expect(await status(ctx)).toBe('active');
    expect(await bench.balance(ctx)).toBe('10.000000');
    expect(await bench.spend(ctx, '1')).toBe('posted');
  });

  it('gives back what a dispute took when it is won, and forgets what it still owed', async () => {
    const { ctx, topUp, paymentId } = await bench.paying('50');
    await bench.spend(ctx, '20');
    const dispute = bench.stripe.dispute(paymentId, 5_000);
    await bench.deliver();
    expect([await bench.balance(ctx), await status(ctx)]).toEqual(['0.000000', 'suspended']);
    bench.stripe.closeDispute(dispute, 'won');
    await bench.deliver();
    expect([await bench.balance(ctx), await status(ctx)]).toEqual(['30.000000', 'active']);
    expect(await get(ctx, topUp.id)).toMatchObject({ status: 'succeeded', disputed: '0.000000' });
  });

  it('leaves a lost dispute as it is, and one that was won before anybody heard of it', async () => {
    const lost = await bench.paying('50');
    bench.stripe.closeDispute(bench.stripe.dispute(lost.paymentId, 5_000), 'lost');
    const won = await bench.paying('50', caller());
    bench.stripe.closeDispute(bench.stripe.dispute(won.paymentId, 5_000), 'won');
    await bench.deliver();
    expect([await bench.balance(lost.ctx), await bench.balance(won.ctx)]).toEqual(['0.000000', '50.000000']);
  });
});
