import { paymentOperatorsApi, type PaymentOperatorsApi } from '@leadwire/contracts';
import { newId, systemCtx } from '@leadwire/kernel';
import { caller } from '@leadwire/testing';
import { PaymentBench } from './payments.js';
import { violationsIn } from './postings.js';

describe('refunds that an operator orders', () => {
  let bench: PaymentBench;
  let operators: PaymentOperatorsApi;

  beforeAll(async () => {
    bench = await PaymentBench.start();
    operators = bench.service.client(paymentOperatorsApi);
  });
  afterAll(async () => {
    expect(await violationsIn(bench.service.database)).toEqual([]);
    await bench.stop();
  });

  const asOperator = () => systemCtx('', { deadline: Date.now() + 30_000 });
  const paid = async (value: string) => {
    const { ctx, topUp, paymentId } = await bench.paying(value);
    const order = { tenantId: ctx.tenantId, topUpId: topUp.id, reason: 'Ordered by mistake' };
    return { ctx, order, paymentId };
  };
  const refundsAsked = () => bench.stripe.asked.filter((path) => path === 'POST /v1/refunds').length;

  it('go to the card and out of the wallet, a part and then the rest', async () => {
    const { ctx, order } = await paid('50');
    const part = await operators.refund(asOperator(), { ...order, key: 'a', amount: '12.50' });
    expect(part).toMatchObject({ repeated: false, topUp: { status: 'succeeded', refunded: '12.500000' } });
    expect(await bench.balance(ctx)).toBe('37.500000');
    const rest = await operators.refund(asOperator(), { ...order, key: 'b' });
    expect(rest.topUp).toMatchObject({ status: 'refunded', refunded: '50.000000' });
    // What the provider then tells of them is no news.
    await bench.deliver();
    expect(await bench.postings(ctx)).toEqual([
      { type: 'topup', amount: '50.000000' },
      { type: 'refund', amount: '-12.500000' },
      { type: 'refund', amount: '-37.500000' },
    ]);
  });

  it('happen once for a key, however often they are ordered, also when the answer was lost', async () => {
    const { ctx, order } = await paid('50');
    const once = { ...order, key: newId(), amount: '10' };
    bench.stripe.fail({ path: /^POST .*refunds$/, answer: 500, after: true, times: 1 });
    await expect(operators.refund(asOperator(), once)).rejects.toMatchObject({
      code: 'payment.provider_unavailable',
    });
    expect(await operators.refund(asOperator(), once)).toMatchObject({ repeated: true });
    expect(await operators.refund(asOperator(), once)).toMatchObject({
      repeated: true,
      topUp: { refunded: '10.000000' },
    });
    expect(await bench.balance(ctx)).toBe('40.000000');
  });

  it('never send back more than is left, whoever sent the rest', async () => {
    const { order, paymentId } = await paid('50');
    bench.stripe.refund(paymentId, 4_500);
    const asked = refundsAsked();
    await expect(
      operators.refund(asOperator(), { ...order, key: newId(), amount: '5.01' }),
    ).rejects.toMatchObject({ code: 'payment.refund_exceeds', details: { extras: { left: '5.000000' } } });
    expect(refundsAsked()).toBe(asked);
  });

  it.each(['0', '-1', '0.001', 'all'])('are refused over %p, and nobody is asked', async (value) => {
    const { order } = await paid('50');
    const asked = refundsAsked();
    await expect(
      operators.refund(asOperator(), { ...order, key: newId(), amount: value }),
    ).rejects.toMatchObject({ code: 'request.invalid', details: { errors: [{ pointer: '/amount' }] } });
    expect(refundsAsked()).toBe(asked);
  });

  it('are refused for what was not paid, for an unknown top-up, and for that of another team', async () => {
    const { order } = await paid('50');
    const ctx = caller();
    const { id } = await bench.started(ctx, '30');
    const ask = (over: object) => operators.refund(asOperator(), { ...order, key: newId(), ...over });
    await expect(ask({ tenantId: ctx.tenantId, topUpId: id })).rejects.toMatchObject({
      code: 'payment.top_up_unpaid',
    });
    for (const over of [{ topUpId: newId() }, { tenantId: ctx.tenantId }])
      await expect(ask(over)).rejects.toMatchObject({ code: 'payment.top_up_not_found' });
  });

  it('are for operators only', async () => {
    const { ctx, order } = await paid('50');
    await expect(operators.refund(ctx, { ...order, key: newId() })).rejects.toMatchObject({
      code: 'request.forbidden',
    });
  });
});
