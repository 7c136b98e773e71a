import { AutoTopUpDeclined, TenantUpdated, TopUpSucceeded } from '@leadwire/contracts';
import { amount, systemCtx, type Ctx } from '@leadwire/kernel';
import { TenantTransaction } from '@leadwire/persistence';
import { caller, eventually } from '@leadwire/testing';
import { WalletLock } from '../src/ledger/wallet-lock.js';
import { AutoTopUpWorker } from '../src/payments/auto-top-up-worker.js';
import { PaymentBench } from './payments.js';
import { violationsIn } from './postings.js';

const SETTINGS = { enabled: true, threshold: '10', amount: '50', monthlyCap: '500', paymentMethodId: null };
const CHARGE = /^POST \/v1\/payment_intents$/;

describe('topping up by itself', () => {
  let bench: PaymentBench;

  beforeAll(async () => {
    bench = await PaymentBench.start();
  });
  afterAll(async () => {
    expect(await violationsIn(bench.service.database)).toEqual([]);
    await bench.stop();
  });

  /** A tenant with so much paid in, whose wallet is topped up by 50 below 10. */
  const watched = async (value: string, over: Partial<typeof SETTINGS> = {}): Promise<Ctx> => {
    const { ctx } = await bench.paying(value);
    await bench.auto.set(ctx, { ...SETTINGS, ...over });
    return ctx;
  };
  const automatic = async (ctx: Ctx) => (await bench.topUps.list(ctx, { origin: 'automatic' })).items;
  const taken = (ctx: Ctx) =>
    bench.stripe.paid.filter(
      ({ metadata }) => (metadata as { leadwire_tenant?: string }).leadwire_tenant === ctx.tenantId,
    );
  const settled = (ctx: Ctx, status: string, count = 1) =>
    eventually(async () => {
      const items = await automatic(ctx);
      return items.length === count && items[0]?.status === status && items;
    });
  const declines = (ctx: Ctx) => bench.service.events(AutoTopUpDeclined, ctx.tenantId);

  it('charges the saved card once when the balance falls below the threshold', async () => {
    const ctx = await watched('20');
    await bench.spend(ctx, '9');
    expect(await automatic(ctx)).toEqual([]);
    await bench.spend(ctx, '2');
    const [topUp] = await settled(ctx, 'succeeded');
    expect(topUp).toMatchObject({ origin: 'automatic', amount: '50.000000', createdBy: null });
    expect(await bench.balance(ctx)).toBe('59.000000');
    expect(taken(ctx)).toHaveLength(2);
    await bench.deliver();
    expect(await bench.balance(ctx)).toBe('59.000000');
    expect(await bench.service.events(TopUpSucceeded, ctx.tenantId)).toHaveLength(2);
    expect(await bench.auto.get(ctx, {})).toMatchObject({
      usedThisMonth: '50.000000',
      declines: 0,
      lastFailure: null,
    });
  });

  it('starts at once when the balance is low already', async () => {
    const ctx = await watched('5');
    await settled(ctx, 'succeeded');
    expect(await bench.balance(ctx)).toBe('55.000000');
  });

  it('starts when funds do not cover a use, although the balance is not below the threshold', async () => {
    const ctx = await watched('20');
    const { app } = bench.service.running;
    await app.get(TenantTransaction).run(systemCtx(ctx.tenantId), async (db) => {
      const wallet = await app.get(WalletLock).take(db);
      wallet.exhaust(amount('30'));
      await wallet.save();
    });
    await settled(ctx, 'succeeded');
    expect(await bench.wallets.get(ctx, {})).toMatchObject({ balance: '70.000000', exhausted: false });
  });

  it('goes on until the balance is at the threshold, and never past the cap of the month', async () => {
    const ctx = await watched('5', { threshold: '1000', amount: '50', monthlyCap: '120' });
    await settled(ctx, 'succeeded', 2);
    await bench.hurry();
    expect(await bench.balance(ctx)).toBe('105.000000');
    expect(await bench.auto.get(ctx, {})).toMatchObject({
      usedThisMonth: '100.000000',
      lastFailure: 'monthly_cap',
    });
  });

  it('waits longer after each decline, tells each, and ends after the fourth', async () => {
    const { ctx } = await bench.paying('5');
    await bench.nextCharges(ctx, 'declined');
    await bench.auto.set(ctx, SETTINGS);
    const waits: number[] = [];
    for (let count = 1; count <= 4; count++) {
      await settled(ctx, 'failed', count);
      const { nextAttemptAt } = await bench.auto.get(ctx, {});
      if (nextAttemptAt) waits.push(Math.round((Date.parse(nextAttemptAt) - Date.now()) / 3_600_000));
      await bench.service.running.app.get(AutoTopUpWorker).round();
      expect(await automatic(ctx)).toHaveLength(count);
      await bench.hurry();
    }
    expect(waits).toEqual([1, 2, 4]);
    expect(await bench.auto.get(ctx, {})).toMatchObject({
      enabled: false,
      declines: 4,
      lastFailure: 'generic_decline',
    });
    expect((await declines(ctx)).map(({ data }) => data['switchedOff'])).toEqual([false, false, false, true]);
    expect(taken(ctx)).toHaveLength(1);
    expect(await bench.balance(ctx)).toBe('5.000000');
    await bench.nextCharges(ctx, 'good');
    await bench.auto.set(ctx, SETTINGS);
    await eventually(async () => (await bench.balance(ctx)) === '55.000000');
    expect(await bench.auto.get(ctx, {})).toMatchObject({ enabled: true, declines: 0, lastFailure: null });
  });

  it('tells when the payer must confirm the payment themselves', async () => {
    const { ctx } = await bench.paying('5');
    await bench.nextCharges(ctx, 'needsPayer');
    await bench.auto.set(ctx, SETTINGS);
    await settled(ctx, 'failed');
    expect(await declines(ctx)).toMatchObject([
      { data: { reason: 'authentication_required', switchedOff: false } },
    ]);
  });

  it.each([
    ['the answer is lost', { path: CHARGE, answer: 'dropped', after: true, times: 2 }],
    ['nobody answers', { path: CHARGE, answer: 'dropped', times: 2 }],
    ['the provider fails, and keeps that answer', { path: CHARGE, answer: 500, times: 1 }],
    ['the provider fails after it took the money', { path: CHARGE, answer: 500, after: true, times: 1 }],
    ['the request is under way still', { path: CHARGE, answer: 409, times: 2 }],
  ] as const)('takes the money once when %s', async (_, fault) => {
    bench.stripe.fail(fault);
    const ctx = await watched('5');
    await eventually(async () => {
      await bench.hurry();
      return (await automatic(ctx))[0]?.status === 'succeeded';
    });
    expect(await automatic(ctx)).toHaveLength(1);
    expect(taken(ctx)).toHaveLength(2);
    expect(await bench.balance(ctx)).toBe('55.000000');
  });

  it('takes the money once when it was killed after asking, and two replicas go on', async () => {
    const other = await bench.service.addReplica();
    bench.stripe.fail({ path: CHARGE, answer: 'dropped', after: true, times: 2 });
    const ctx = await watched('5');
    await settled(ctx, 'created');
    await bench.service.database.query(
      'UPDATE billing.auto_top_up_queue SET due_at = now() WHERE tenant_id = $1',
      [ctx.tenantId],
    );
    const workers = [bench.service.running.app, other.app].map((app) => app.get(AutoTopUpWorker));
    await Promise.all(workers.map((worker) => worker.round()));
    await settled(ctx, 'succeeded');
    expect(taken(ctx)).toHaveLength(2);
    expect(await bench.balance(ctx)).toBe('55.000000');
  });

  describe('of a team that an operator suspends', () => {
    const become = async (ctx: Ctx, status: string, version: number) => {
      const eventId = await bench.service.publish(TenantUpdated, {
        tenantId: ctx.tenantId,
        aggregateId: ctx.tenantId,
        version,
        data: { name: 'Acme', status, planTier: 'trial' },
      });
      await eventually(async () => {
        const handled = await bench.service.database.query(
          `SELECT FROM billing.inbox WHERE event_id = $1 AND consumer = 'billing__tenant-standing'`,
          [eventId],
        );
        return handled.length > 0;
      });
    };

    it('leaves the card alone however low the balance falls, and goes on once the team is reinstated', async () => {
      const ctx = await watched('20');
      await become(ctx, 'suspended', 2);
      await bench.spend(ctx, '15');
      await bench.hurry();
      expect(await automatic(ctx)).toEqual([]);
      expect(taken(ctx)).toHaveLength(1);
      await become(ctx, 'active', 3);
      await settled(ctx, 'succeeded');
      expect(await bench.balance(ctx)).toBe('55.000000');
      expect(taken(ctx)).toHaveLength(2);
    });

    it('does not ask again for a payment that never reached the provider, until the team is reinstated', async () => {
      bench.stripe.fail({ path: CHARGE, answer: 'dropped', times: 2 });
      const ctx = await watched('5');
      await settled(ctx, 'created');
      await become(ctx, 'suspended', 2);
      await bench.hurry();
      expect(await automatic(ctx)).toMatchObject([{ status: 'created' }]);
      expect(taken(ctx)).toHaveLength(1);
      await become(ctx, 'active', 3);
      await settled(ctx, 'succeeded');
      expect(taken(ctx)).toHaveLength(2);
    });

    it('takes in what the provider was asked for before', async () => {
      bench.stripe.fail({ path: CHARGE, answer: 'dropped', after: true, times: 2 });
      const ctx = await watched('5');
      await settled(ctx, 'created');
      await become(ctx, 'suspended', 2);
      await bench.hurry();
      await settled(ctx, 'succeeded');
      expect(await bench.balance(ctx)).toBe('55.000000');
    });

    it('is not started by a word that comes late', async () => {
      const ctx = await watched('20');
      await become(ctx, 'suspended', 7);
      await become(ctx, 'active', 6);
      await bench.spend(ctx, '15');
      await bench.hurry();
      expect(await automatic(ctx)).toEqual([]);
    });
  });

  it('can be switched off', async () => {
    const ctx = await watched('20');
    await bench.auto.set(ctx, { ...SETTINGS, enabled: false });
    await bench.spend(ctx, '15');
    await bench.hurry();
    expect(await automatic(ctx)).toEqual([]);
  });

  it.each([
    ['/amount', { amount: '0' }],
    ['/amount', { amount: '0.001' }],
    ['/amount', { amount: '-1' }],
    ['/threshold', { threshold: '-1' }],
    ['/threshold', { threshold: 'NaN' }],
    ['/monthlyCap', { monthlyCap: '49.99' }],
  ])('refuses a wrong %s', async (pointer, over) => {
    const { ctx } = await bench.paying('5');
    await expect(bench.auto.set(ctx, { ...SETTINGS, ...over })).rejects.toMatchObject({
      code: 'request.invalid',
      details: { errors: [{ pointer }] },
    });
  });

  it('wants a saved card of its own team', async () => {
    const { ctx } = await bench.paying('5');
    const [method] = (await bench.methods.list(ctx, {})).items;
    const stranger = caller();
    await expect(bench.auto.set(stranger, SETTINGS)).rejects.toMatchObject({
      code: 'payment.method_missing',
    });
    await expect(
      bench.auto.set(stranger, { ...SETTINGS, paymentMethodId: method?.id as string } as never),
    ).rejects.toMatchObject({ code: 'payment.method_not_found' });
  });

  it.each(['admin', 'manager', 'agent', 'viewer'] as const)('is not for an %s to set', async (role) => {
    const forbidden = { code: 'request.forbidden' };
    await expect(bench.auto.set(caller(role), SETTINGS)).rejects.toMatchObject(forbidden);
    await expect(bench.methods.list(caller(role), {})).rejects.toMatchObject(forbidden);
  });

  describe('saved cards', () => {
    it('are kept when the payer wants it, as they look and no more; the first one is the default', async () => {
      const { ctx } = await bench.paying('5');
      const other = await bench.started(ctx, '5');
      bench.stripe.pay(other.sessionId);
      await bench.deliver();
      expect((await bench.methods.list(ctx, {})).items).toMatchObject([
        { kind: 'card', brand: 'visa', last4: '4242', expiresMonth: 12, expiresYear: 2030, isDefault: true },
      ]);
    });

    it('change their default, and are forgotten here and at the provider', async () => {
      const { ctx } = await bench.paying('5');
      await bench.paying('5', ctx);
      const [first, second] = (await bench.methods.list(ctx, {})).items;
      await bench.methods.makeDefault(ctx, { paymentMethodId: second?.id as string });
      expect((await bench.methods.list(ctx, {})).items).toMatchObject([
        { id: second?.id, isDefault: true },
        { id: first?.id, isDefault: false },
      ]);
      await bench.methods.remove(ctx, { paymentMethodId: second?.id as string });
      expect((await bench.methods.list(ctx, {})).items).toMatchObject([{ id: first?.id, isDefault: true }]);
      expect(bench.stripe.asked.filter((path) => path.endsWith('/detach'))).toHaveLength(1);
    });

    it('end topping up by itself with the last one', async () => {
      const ctx = await watched('20');
      const [method] = (await bench.methods.list(ctx, {})).items;
      await bench.methods.remove(ctx, { paymentMethodId: method?.id as string });
      expect(await bench.auto.get(ctx, {})).toMatchObject({
        enabled: false,
        lastFailure: 'payment_method_gone',
      });
    });

    it("are nobody else's", async () => {
      const { ctx } = await bench.paying('5');
      const paymentMethodId = (await bench.methods.list(ctx, {})).items[0]?.id as string;
      const stranger = caller();
      for (const ask of [bench.methods.makeDefault, bench.methods.remove])
        await expect(ask(stranger, { paymentMethodId })).rejects.toMatchObject({
          code: 'payment.method_not_found',
        });
      expect((await bench.methods.list(stranger, {})).items).toEqual([]);
      expect((await bench.methods.list(ctx, {})).items).toHaveLength(1);
    });
  });
});
