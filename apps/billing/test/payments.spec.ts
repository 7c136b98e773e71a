import { TopUpFailed, TopUpSucceeded, walletOperatorsApi } from '@leadwire/contracts';
import { newId, systemCtx, type Ctx } from '@leadwire/kernel';
import { caller, eventually, STRIPE_CARDS, type StripeFault } from '@leadwire/testing';
import fc from 'fast-check';
import { PaymentBench } from './payments.js';
import { violationsIn } from './postings.js';

const withKey = (ctx: Ctx, key: string, body = ''): Ctx => ({ ...ctx, idempotencyKey: `${key}\t${body}` });

describe('topping up by card', () => {
  let bench: PaymentBench;

  beforeAll(async () => {
    bench = await PaymentBench.start();
  });
  afterAll(async () => {
    expect(await violationsIn(bench.service.database)).toEqual([]);
    await bench.stop();
  });

  const events = (type: { type: string }, ctx: Ctx) => bench.service.events(type, ctx.tenantId);
  const topUpOf = (ctx: Ctx, topUpId: string) => bench.topUps.get(ctx, { topUpId });

  const freeze = (ctx: Ctx, frozen: boolean) =>
    bench.service.database.query(
      `UPDATE billing.billing_wallets SET status = $2, frozen_at = $3, frozen_reason = $4 WHERE tenant_id = $1`,
      [ctx.tenantId, frozen ? 'frozen' : 'active', frozen ? new Date() : null, frozen ? 'a test' : null],
    );

  it('opens a page to pay on, and adds the money once it is paid', async () => {
    const ctx = caller();
    const { sessionId, ...topUp } = await bench.started(ctx, '25.50');
    expect(topUp).toMatchObject({
      origin: 'checkout',
      status: 'created',
      amount: '25.500000',
      currency: 'USD',
      createdBy: ctx.userId,
      ledgerTransactionId: null,
    });
    expect(bench.stripe.get(sessionId)).toMatchObject({ amount_total: 2_550, currency: 'usd' });
    expect(await bench.balance(ctx)).toBe('0.000000');

    bench.stripe.pay(sessionId);
    await bench.deliver();
    const paid = await topUpOf(ctx, topUp.id);
    expect(paid).toMatchObject({ status: 'succeeded', checkoutUrl: null, failureCode: null });
    expect(await bench.postings(ctx)).toEqual([{ type: 'topup', amount: '25.500000' }]);
    expect(await events(TopUpSucceeded, ctx)).toMatchObject([
      { data: { topUpId: topUp.id, amount: '25.500000', ledgerTransactionId: paid.ledgerTransactionId } },
    ]);
  });

  describe('adds it once, whatever comes of the provider, how often and in which order', () => {
    /** What the payer and the provider do, in this order; between it, in any order, what billing hears of it. */
    const HAPPENINGS = ['pay', 'refund 20', 'refund 5', 'fail that'] as const;
    type Step = 'happen' | 'bring' | 'bring again' | 'read the list';
    const steps = fc.array(
      fc.constantFrom<Step>('happen', 'bring', 'bring', 'bring again', 'read the list'),
      {
        minLength: 4,
        maxLength: 14,
      },
    );
    const which = fc.infiniteStream(fc.nat());

    beforeAll(() => bench.service.addReplica());

    it('ends with what the payment is', async () => {
      await fc.assert(
        fc.asyncProperty(steps, which, async (planned, picks) => {
          const ctx = caller();
          const { id, sessionId } = await bench.started(ctx, '100');
          const left = [...HAPPENINGS];
          const done = { paymentId: '', refundId: '' };
          const fresh: object[] = [];
          const brought: object[] = [];
          const pick = <T>(items: T[]): T | undefined => items[(picks.next().value as number) % items.length];
          const happen = () => {
            const next = left.shift();
            if (next === 'pay') done.paymentId = bench.stripe.pay(sessionId);
            else if (next === 'refund 20') bench.stripe.refund(done.paymentId, 2_000);
            else if (next === 'refund 5') done.refundId = bench.stripe.refund(done.paymentId, 500);
            else if (next) bench.stripe.failRefund(done.refundId);
            fresh.push(...bench.stripe.events.splice(0));
          };
          const bring = async (from: object[]) => {
            const event = pick(from);
            if (!event) return;
            if (from === fresh) brought.push(...fresh.splice(fresh.indexOf(event), 1));
            await bench.bring(event);
          };
          const take: Record<Step, () => unknown> = {
            happen,
            bring: () => bring(fresh),
            'bring again': () => bring(brought),
            'read the list': () => bench.reconcile(),
          };
          for (const step of planned) await take[step]();
          while (left.length > 0) happen();
          // At least once is all that the provider promises.
          while (fresh.length > 0) await bring(fresh);
          await bench.settled();
          expect(await bench.balance(ctx)).toBe('80.000000');
          expect(await topUpOf(ctx, id)).toMatchObject({ status: 'succeeded', refunded: '20.000000' });
          expect((await bench.postings(ctx)).filter(({ type }) => type === 'topup')).toHaveLength(1);
          expect(await events(TopUpSucceeded, ctx)).toHaveLength(1);
        }),
        { numRuns: 15 },
      );
    });
  });

  it('finds out about a payment whose webhooks were lost', async () => {
    const ctx = caller();
    const { id, sessionId } = await bench.started(ctx, '30');
    bench.stripe.pay(sessionId);
    await bench.service.database.query(`UPDATE billing.payment_reconciliation SET lease_until = '-infinity'`);
    expect(await bench.reconcile()).toBeGreaterThan(0);
    await bench.settled();
    expect(await topUpOf(ctx, id)).toMatchObject({ status: 'succeeded' });
    await bench.deliver();
    expect(await bench.balance(ctx)).toBe('30.000000');
  });

  it('waits for money that is under way', async () => {
    const ctx = caller();
    const { id, sessionId } = await bench.started(ctx, '30');
    const paymentId = bench.stripe.payLater(sessionId);
    await bench.deliver();
    expect(await topUpOf(ctx, id)).toMatchObject({ status: 'pending' });
    expect(await bench.balance(ctx)).toBe('0.000000');
    bench.stripe.arrive(paymentId);
    await bench.deliver();
    expect(await topUpOf(ctx, id)).toMatchObject({ status: 'succeeded' });
    expect(await bench.balance(ctx)).toBe('30.000000');
  });

  it('lets a payer whose card was declined try another one', async () => {
    const ctx = caller();
    const { id, sessionId } = await bench.started(ctx, '30');
    bench.stripe.pay(sessionId, STRIPE_CARDS.declined);
    await bench.deliver();
    expect(await topUpOf(ctx, id)).toMatchObject({ status: 'created', failureCode: 'generic_decline' });
    bench.stripe.pay(sessionId);
    await bench.deliver();
    expect(await topUpOf(ctx, id)).toMatchObject({ status: 'succeeded', failureCode: null });
  });

  it('ends a top-up whose page expired, and says so once', async () => {
    const ctx = caller();
    const { id, sessionId } = await bench.started(ctx, '30');
    bench.stripe.expire(sessionId);
    await bench.deliver();
    expect(await topUpOf(ctx, id)).toMatchObject({ status: 'expired', checkoutUrl: null });
    expect(await events(TopUpFailed, ctx)).toMatchObject([{ data: { reason: 'expired' } }]);
  });

  it('closes the page of a top-up that is cancelled, but takes back nothing that is paid', async () => {
    const ctx = caller();
    const open = await bench.started(ctx, '30');
    expect(await bench.topUps.cancel(ctx, { topUpId: open.id })).toMatchObject({ status: 'canceled' });
    expect(bench.stripe.get(open.sessionId)).toMatchObject({ status: 'expired' });
    const { ctx: payer, topUp } = await bench.paying('5');
    await expect(bench.topUps.cancel(payer, { topUpId: topUp.id })).rejects.toMatchObject({
      code: 'payment.top_up_settled',
    });
  });

  it.each(['0', '-1', 'NaN', '1e3', '0.001', '1000000', '999999.999', '12.345678', ''])(
    'refuses to take %p by card and asks nobody',
    async (bad) => {
      const before = bench.stripe.asked.filter((path) => path.includes('checkout')).length;
      await expect(bench.topUps.create(caller(), { amount: bad })).rejects.toMatchObject({
        code: 'request.invalid',
        details: { errors: [{ pointer: '/amount' }] },
      });
      expect(bench.stripe.asked.filter((path) => path.includes('checkout'))).toHaveLength(before);
    },
  );

  it('opens one page for one Idempotency-Key, also after the answer was forgotten', async () => {
    const ctx = withKey(caller(), 'once', '30');
    const first = await bench.topUps.create(ctx, { amount: '30' });
    expect(await bench.topUps.create(ctx, { amount: '30' })).toEqual(first);
    await bench.service.database.query('DELETE FROM billing.idempotency_keys WHERE tenant_id = $1', [
      ctx.tenantId,
    ]);
    expect(await bench.topUps.create(ctx, { amount: '30.00' })).toMatchObject({
      id: first.id,
      checkoutUrl: first.checkoutUrl,
    });
    await bench.service.database.query('DELETE FROM billing.idempotency_keys WHERE tenant_id = $1', [
      ctx.tenantId,
    ]);
    await expect(bench.topUps.create(ctx, { amount: '31' })).rejects.toMatchObject({
      code: 'payment.key_reused',
    });
    expect((await bench.topUps.list(ctx, {})).items).toHaveLength(1);
  });

  const CHECKOUT = /^POST .*checkout\/sessions$/;
  it.each<[string, StripeFault]>([
    ['refuses connections', { path: CHECKOUT, answer: 'dropped', times: 2 }],
    ['fails', { path: CHECKOUT, answer: 500, times: 1 }],
    ['fails after it opened the page', { path: CHECKOUT, answer: 500, after: true, times: 1 }],
    ['loses its answers', { path: CHECKOUT, answer: 'dropped', after: true, times: 1 }],
    ['says that the request is under way', { path: CHECKOUT, answer: 409, times: 2 }],
    ['is asked too often', { path: CHECKOUT, answer: 429, times: 1 }],
    ['is slow', { path: CHECKOUT, answer: 'slow', ms: 60_000, times: 2 }],
  ])(
    'says that the provider does not answer when it %s, or gets by; the repeat opens the page',
    async (_, fault) => {
      const ctx = withKey(caller(), newId());
      bench.stripe.fail(fault);
      const outcome = await bench.topUps.create(ctx, { amount: '30' }).then(
        () => 'opened',
        ({ code }: { code: string }) => code,
      );
      expect(['opened', 'payment.provider_unavailable']).toContain(outcome);
      const again = { ...ctx, deadline: Date.now() + 20_000 };
      const topUp = await bench.topUps.create(again, { amount: '30' });
      expect(topUp).toMatchObject({ status: 'created', failureCode: null });
      expect(topUp.checkoutUrl).toContain('/pay/');
      expect((await bench.topUps.list(ctx, {})).items).toHaveLength(1);
    },
    30_000,
  );

  it('shows a top-up to nobody else', async () => {
    const { topUp } = await bench.paying('5');
    const stranger = caller();
    for (const ask of [bench.topUps.get, bench.topUps.cancel])
      await expect(ask(stranger, { topUpId: topUp.id })).rejects.toMatchObject({
        code: 'payment.top_up_not_found',
      });
    expect((await bench.topUps.list(stranger, {})).items).toEqual([]);
  });

  it.each(['admin', 'manager', 'agent', 'viewer'] as const)('is not for an %s', async (role) => {
    await expect(bench.topUps.create(caller(role), { amount: '5' })).rejects.toMatchObject({
      code: 'request.forbidden',
    });
  });

  it('pages through top-ups, newest first, and filters them', async () => {
    const ctx = caller();
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) ids.unshift((await bench.started(ctx, '5')).id);
    await bench.topUps.cancel(ctx, { topUpId: ids[0] as string });
    const first = await bench.topUps.list(ctx, { limit: 3 });
    const second = await bench.topUps.list(ctx, { limit: 3, cursor: first.next as string });
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(ids);
    expect((await bench.topUps.list(ctx, { status: 'canceled' })).items.map(({ id }) => id)).toEqual([
      ids[0],
    ]);
  });

  describe('a payment that is not what was asked for', () => {
    const wrong: [string, (paymentId: string, other: { tenantId: string; topUpId: string }) => void][] = [
      ['of another amount', (id) => Object.assign(bench.stripe.get(id), { amount: 1, amount_received: 1 })],
      ['in another currency', (id) => Object.assign(bench.stripe.get(id), { currency: 'eur' })],
      ['of another customer', (id) => Object.assign(bench.stripe.get(id), { customer: 'cus_somebody' })],
      [
        "for another tenant's top-up",
        (id, { tenantId, topUpId }) =>
          Object.assign(bench.stripe.get(id), {
            metadata: { leadwire_tenant: tenantId, leadwire_top_up: topUpId },
          }),
      ],
    ];
    it.each(wrong)('%s adds nothing, and is put before an operator', async (_, spoil) => {
      const ctx = caller();
      const other = caller();
      const theirs = await bench.started(other, '30');
      const { id, sessionId } = await bench.started(ctx, '30');
      const paymentId = bench.stripe.pay(sessionId);
      spoil(paymentId, { tenantId: other.tenantId, topUpId: theirs.id });
      await bench.deliver();
      expect(await topUpOf(ctx, id)).toMatchObject({ status: 'created' });
      expect([await bench.balance(ctx), await bench.balance(other)]).toEqual(['0.000000', '0.000000']);
      const rows = await bench.service.database.query(
        `SELECT FROM billing.billing_payment_events WHERE subject_id = $1 AND status = 'given-up' AND error IS NOT NULL`,
        [paymentId],
      );
      expect(rows.length).toBeGreaterThan(0);
    });

    it('leaves alone what others do with the same account', async () => {
      await bench.deliver([
        {
          id: `evt_${newId()}`,
          object: 'event',
          type: 'payment_intent.succeeded',
          created: 1,
          livemode: false,
          data: { object: { id: 'pi_unknown' } },
        },
        {
          id: `evt_${newId()}`,
          object: 'event',
          type: 'customer.created',
          created: 1,
          livemode: false,
          data: { object: { id: 'cus_x' } },
        },
      ]);
    });
  });

  it('lets nobody pay for a wallet that is frozen', async () => {
    const ctx = caller();
    await bench.balance(ctx);
    await freeze(ctx, true);
    await expect(bench.topUps.create(ctx, { amount: '5' })).rejects.toMatchObject({ code: 'wallet.frozen' });
  });

  it('keeps a payment for a frozen wallet however long that takes, and adds it once the wallet is unfrozen', async () => {
    const ctx = caller();
    const { tenantId } = ctx;
    const { id, sessionId } = await bench.started(ctx, '30');
    const operators = bench.service.client(walletOperatorsApi);
    const operator = systemCtx('', { deadline: Date.now() + 60_000 });
    await operators.freeze(operator, { tenantId, reason: 'Checked by hand' });
    const paymentId = bench.stripe.pay(sessionId);
    await bench.deliver();
    const about = [[paymentId, sessionId]];
    const change = (set: string) =>
      bench.service.database.query(
        `UPDATE billing.billing_payment_events SET ${set} WHERE subject_id = ANY($1)`,
        about,
      );
    const states = () =>
      bench.service.database.query<{ status: string; attempts: number; later: boolean }>(
        `SELECT DISTINCT status, attempts, next_attempt_at > now() + interval '50 min' AS later
         FROM billing.billing_payment_events WHERE subject_id = ANY($1)`,
        about,
      );
    // One more that counted would be the last.
    await change(`attempts = 75`);
    await bench.hurry();
    await eventually(async () => (await states()).every(({ later }) => later));
    expect(await states()).toEqual([{ status: 'waiting', attempts: 75, later: true }]);
    // As earlier versions left it after three days.
    await change(`status = 'given-up', attempts = 76, settled_at = now()`);
    expect(await topUpOf(ctx, id)).toMatchObject({ status: 'created' });

    await operators.unfreeze(operator, { tenantId });
    await eventually(async () => (await topUpOf(ctx, id)).status === 'succeeded');
    expect(await bench.balance(ctx)).toBe('30.000000');
  });

  it('handles events later when the provider does not answer now', async () => {
    const ctx = caller();
    const { id, sessionId } = await bench.started(ctx, '30');
    bench.stripe.pay(sessionId);
    bench.stripe.fail({ path: /^GET .*(payment_intents|sessions)/, answer: 500, times: 50 });
    await bench.deliver();
    expect(await topUpOf(ctx, id)).toMatchObject({ status: 'created' });
    bench.stripe.recover();
    await bench.hurry();
    await eventually(async () => (await topUpOf(ctx, id)).status === 'succeeded');
  });
});
