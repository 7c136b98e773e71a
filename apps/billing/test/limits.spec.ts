import {
  allowancesApi,
  creditOperatorsApi,
  creditsApi,
  CreditExpired,
  quotaOperatorsApi,
  quotasApi,
  reservationsApi,
  usageApi,
  usageEventsApi,
  walletsApi,
  type AllowancesApi,
  type CreditOperatorsApi,
  type CreditsApi,
  type QuotaOperatorsApi,
  type QuotasApi,
  type ReservationsApi,
  type UsageEventsApi,
  type WalletsApi,
} from '@leadwire/contracts';
import { newId, systemCtx, type Ctx } from '@leadwire/kernel';
import { caller, eventually, patient, TestService } from '@leadwire/testing';
import { billingService } from '../src/billing.module.js';
import { migrations } from '../src/migrations/index.js';
import { violationsIn } from './postings.js';

const PRICE_IN_EURO = `
  INSERT INTO billing.billing_pricing_catalog (id, category, provider, unit, unit_price, currency, effective_from)
  VALUES (gen_random_uuid(), 'email', 'smtp', 'message', 0.01, 'EUR', '2020-01-01T00:00:00Z')`;
const LATER = '2099-01-01T00:00:00.000Z';

describe('credit, quotas and allowances of the service', () => {
  let service: TestService;
  let wallets: WalletsApi;
  let credits: CreditsApi;
  let operators: CreditOperatorsApi;
  let quotas: QuotasApi;
  let plans: QuotaOperatorsApi;
  let allowances: AllowancesApi;
  let reservations: ReservationsApi;
  let usage: UsageEventsApi;

  beforeAll(async () => {
    service = await TestService.start(billingService, {
      migrations,
      env: { TRIAL_CREDIT: '10', CURRENCY: 'EUR' },
    });
    await service.addReplica();
    wallets = service.client(walletsApi);
    credits = service.client(creditsApi);
    operators = service.client(creditOperatorsApi);
    quotas = service.client(quotasApi);
    plans = service.client(quotaOperatorsApi);
    allowances = service.client(allowancesApi);
    reservations = service.client(reservationsApi);
    usage = service.client(usageEventsApi);
    await service.database.query(PRICE_IN_EURO);
  });
  afterAll(async () => {
    expect(await violationsIn(service.database)).toEqual([]);
    await service.stop();
  });

  const system = (): Ctx => patient(systemCtx(''));
  const tenantOf = ({ tenantId }: Ctx): Ctx => patient(systemCtx(tenantId));
  const team = async (): Promise<Ctx> => {
    const ctx = caller();
    await wallets.get(ctx, {});
    return ctx;
  };
  const member = newId;
  const grant = (ctx: Ctx, amount: string, over: object = {}) =>
    operators.grant(system(), {
      tenantId: ctx.tenantId,
      key: newId(),
      amount,
      source: 'granted',
      reason: 'Sorry for Tuesday',
      ...over,
    });
  const hold = (ctx: Ctx, amount: string, over: object = {}) =>
    reservations.authorise(tenantOf(ctx), { key: newId(), amount, ttlSeconds: 600, ...over });

  it('makes wallets in the currency of the deployment, which stays theirs', async () => {
    const ctx = await team();
    expect((await wallets.get(ctx, {})).currency).toBe('EUR');
    const change = service.database.query(
      `UPDATE billing.billing_wallets SET currency = 'USD' WHERE tenant_id = $1`,
      [ctx.tenantId],
    );
    await expect(change).rejects.toMatchObject({ code: '42501' });
  });

  it('does not start with a currency that nobody pays in, and says so', async () => {
    const start = TestService.start(billingService, { migrations, env: { CURRENCY: 'XXX' } });
    await expect(start).rejects.toThrow(/CURRENCY.*ISO 4217/s);
  });

  describe('credit that operators grant', () => {
    it('is a lot with its source, order and end, once for its key', async () => {
      const ctx = await team();
      const key = newId();
      const wish = { key, source: 'promotional', priority: 10, expiresAt: LATER };
      expect(await grant(ctx, '5', wish)).toMatchObject({ repeated: false, balance: '15.000000' });
      expect(await grant(ctx, '5', wish)).toMatchObject({ repeated: true, balance: '15.000000' });
      await expect(grant(ctx, '6', wish)).rejects.toMatchObject({ code: 'credit.key_reused' });
      const { items } = await credits.list(ctx, {});
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
      const ctx = await team();
      await grant(ctx, '5', { source: 'promotional' });
      const { reservationId } = await hold(ctx, '7');
      await reservations.capture(tenantOf(ctx), { key: newId(), reservationId, amount: '7', close: true });
      const { items } = await credits.list(ctx, {});
      expect(items.map(({ status, spent, remaining }) => [status, spent, remaining])).toEqual([
        ['spent', '5.000000', '0.000000'],
        ['open', '2.000000', '8.000000'],
      ]);
      expect((await credits.list(ctx, { open: true })).items).toHaveLength(1);
    });

    it('ends by itself; that is announced, and the list says what was lost', async () => {
      const ctx = await team();
      await grant(ctx, '5', { expiresAt: new Date(Date.now() + 1_500).toISOString() });
      await eventually(async () => {
        const [lot] = (await credits.list(ctx, {})).items;
        expect(lot).toMatchObject({
          status: 'expired',
          spent: '0.000000',
          expired: '5.000000',
          remaining: '0.000000',
        });
        return lot;
      });
      const [lot] = (await credits.list(ctx, {})).items;
      expect(await service.events(CreditExpired, ctx.tenantId)).toMatchObject([
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
      const ctx = await team();
      await expect(grant(ctx, '1', over)).rejects.toMatchObject({
        code: 'request.invalid',
        details: { errors: [{ pointer }] },
      });
    });

    it('goes to nobody who has no wallet, and is given by nobody but operators', async () => {
      await expect(grant(caller(), '1')).rejects.toMatchObject({ code: 'wallet.not_found' });
      const ctx = await team();
      const wish = {
        tenantId: ctx.tenantId,
        key: newId(),
        amount: '1',
        source: 'granted' as const,
        reason: 'me',
      };
      await expect(operators.grant(ctx, wish)).rejects.toMatchObject({ code: 'request.forbidden' });
    });
  });

  it('adjusts a balance both ways, with a reason, never below what is there', async () => {
    const ctx = await team();
    const adjust = (amount: string) =>
      operators.adjust(system(), { tenantId: ctx.tenantId, key: newId(), amount, reason: 'Counted twice' });
    expect(await adjust('-2.5')).toMatchObject({ balance: '7.500000' });
    expect(await adjust('0.5')).toMatchObject({ balance: '8.000000' });
    await expect(adjust('-8.000001')).rejects.toMatchObject({
      code: 'credit.insufficient',
      details: { extras: { available: '8.000000' } },
    });
    for (const bad of ['0', '-1000000.1', '1e3'])
      await expect(adjust(bad)).rejects.toMatchObject({ code: 'request.invalid' });
  });

  describe('quotas', () => {
    const set = (ctx: Ctx, over: object) =>
      plans.set(system(), { tenantId: ctx.tenantId, feature: 'voice', ...over });
    const report = (ctx: Ctx, quantity: string) =>
      usage.record(ctx, {
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
      const ctx = await team();
      await set(ctx, { monthlyQuota: '100', dailyQuota: '10' });
      await hold(ctx, '1', { feature: 'voice', quantity: '4' });
      expect((await reservations.list(ctx, {})).items).toMatchObject([
        { feature: 'voice', quantity: '4.000000' },
      ]);
      const [item] = (await quotas.list(ctx, {})).items;
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
      const ctx = await team();
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
      const ctx = await team();
      await set(ctx, { monthlyQuota: '100', reason: 'Their new contract' });
      const [item] = (await quotas.list(ctx, {})).items;
      expect(item).toMatchObject({
        setAt: expect.any(String),
        setBy: 'operator',
        reason: 'Their new contract',
      });
      expect((await plans.list(system(), { tenantId: ctx.tenantId })).items).toEqual([item]);
      const { items } = await set(ctx, { dailyQuota: '10' });
      expect(items).toMatchObject([{ setBy: 'operator', reason: null, month: { quota: '100.000000' } }]);
    });

    it('refuse a reservation that they have no room for, and say until when', async () => {
      const ctx = await team();
      await set(ctx, { dailyQuota: '5' });
      await expect(hold(ctx, '1', { feature: 'voice', quantity: '6' })).rejects.toMatchObject({
        code: 'quota.used_up',
        details: { extras: { feature: 'voice', period: 'day', quota: '5.000000', used: '0.000000' } },
      });
      await set(ctx, { enabled: false });
      await expect(hold(ctx, '1', { feature: 'voice', quantity: '1' })).rejects.toMatchObject({
        code: 'quota.disabled',
      });
      await expect(hold(ctx, '1', { feature: 'voice' })).rejects.toMatchObject({ code: 'request.invalid' });
    });

    it('let usage wait, and charge it once an operator makes room', async () => {
      const ctx = await team();
      await set(ctx, { monthlyQuota: '5' });
      await report(tenantOf(ctx), '8');
      await set(ctx, { monthlyQuota: '20' });
      await eventually(async () => {
        const [item] = (await quotas.list(ctx, {})).items;
        expect(item?.month.used).toBe('8.000000');
        return item;
      });
      const mixed = service.database.query(
        `UPDATE billing.billing_usage_events SET currency = 'USD' WHERE tenant_id = $1`,
        [ctx.tenantId],
      );
      await expect(mixed).rejects.toMatchObject({ code: '23503' });
    });

    describe('that something goes back to have room at once for the usage that waits', () => {
      const statusOf = async (ctx: Ctx, usageEventId: string) =>
        (await service.client(usageApi).get(ctx, { usageEventId })).status;
      const reportOne = async (ctx: Ctx, quantity: string) =>
        (await report(ctx, quantity)).items[0]?.usageEventId as string;
      const counted = { feature: 'voice', quantity: '5' };

      it.each<[string, (ctx: Ctx) => Promise<() => Promise<unknown>>]>([
        [
          'voided usage',
          async (ctx) => {
            const usageEventId = await reportOne(ctx, '5');
            return () => usage.void(ctx, { usageEventId, reason: 'Never sent' });
          },
        ],
        [
          'a reservation that is released',
          async (ctx) => {
            const { reservationId } = await hold(ctx, '1', counted);
            return () => reservations.release(tenantOf(ctx), { key: newId(), reservationId });
          },
        ],
        [
          'what the closing capture of a reservation did not use',
          async (ctx) => {
            const { reservationId } = await hold(ctx, '1', counted);
            const end = { key: newId(), reservationId, amount: '0.4', quantity: '2', close: true };
            return () => reservations.capture(tenantOf(ctx), end);
          },
        ],
      ])('%s', async (_, fill) => {
        const ctx = await team();
        await set(ctx, { monthlyQuota: '5' });
        const giveBack = await fill(ctx);
        const waiting = await reportOne(ctx, '3');
        expect(await statusOf(ctx, waiting)).toBe('pending');
        await giveBack();
        await eventually(async () => (await statusOf(ctx, waiting)) === 'charged');
      });
    });

    it('are known to whoever asks before starting: in microseconds, and right after any change', async () => {
      const ctx = await team();
      const asks = tenantOf(ctx);
      const free = { allowed: true, reason: null, overage: false, resetsAt: null };
      expect(await quotas.check(asks, { feature: 'voice' })).toEqual(free);
      await set(ctx, { dailyQuota: '5' });
      await eventually(
        async () => (await quotas.check(asks, { feature: 'voice', quantity: '6' })).reason === 'day',
      );
      await hold(ctx, '1', { feature: 'voice', quantity: '5' });
      await eventually(async () => !(await quotas.check(asks, { feature: 'voice' })).allowed);
      await expect(quotas.check(ctx, { feature: 'voice' })).rejects.toMatchObject({
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
      await expect(set(await team(), over)).rejects.toMatchObject({
        code: 'request.invalid',
        details: { errors: [{ pointer }] },
      });
    });
  });

  describe('allowances', () => {
    it('are set by owners and admins, seen by whom they concern, and told change by change', async () => {
      const ctx = await team();
      const userId = member();
      const set = await allowances.set(ctx, { userId, monthlyAllowance: '3' });
      expect(set).toMatchObject({
        userId,
        monthlyAllowance: '3.000000',
        balance: '3.000000',
        held: '0.000000',
      });
      const { reservationId } = await hold(ctx, '2', { userId });
      await expect(hold(ctx, '1.5', { userId })).rejects.toMatchObject({
        code: 'reservation.allowance',
        details: { extras: { available: '1.000000' } },
      });
      await reservations.capture(tenantOf(ctx), { key: newId(), reservationId, amount: '2', close: true });
      const self: Ctx = { ...caller('agent'), tenantId: ctx.tenantId, userId };
      expect(await allowances.mine(self, {})).toMatchObject({
        balance: '1.000000',
        monthlyUsage: '2.000000',
      });
      expect((await allowances.list(ctx, {})).items).toMatchObject([{ userId, balance: '1.000000' }]);
      const { items } = await allowances.transactions(ctx, { userId });
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
      const page = await allowances.transactions(ctx, { userId, limit: 2 });
      const rest = await allowances.transactions(ctx, { userId, limit: 2, cursor: page.next as string });
      expect([...page.items, ...rest.items]).toEqual(items);
    });

    it('say how many seconds the rest still buys when a hold cannot be made or grow', async () => {
      const ctx = await team();
      const userId = member();
      await allowances.set(ctx, { userId, monthlyAllowance: '3' });
      const { reservationId } = await hold(ctx, '2', { userId });
      const refused = {
        code: 'reservation.allowance',
        details: { extras: { available: '1.000000', units: 33 } },
      };
      await expect(hold(ctx, '1.5', { userId, unitPrice: '0.03' })).rejects.toMatchObject(refused);
      const more = { key: newId(), reservationId, amount: '1.5', ttlSeconds: 60, unitPrice: '0.03' };
      await expect(reservations.extend(tenantOf(ctx), more)).rejects.toMatchObject(refused);
      // The same key is refused in the same words, whatever the member may spend by now.
      await allowances.set(ctx, { userId, monthlyAllowance: '30' });
      await expect(reservations.extend(tenantOf(ctx), more)).rejects.toMatchObject(refused);
    });

    it('are without a limit where none is set', async () => {
      expect(await allowances.mine(await team(), {})).toMatchObject({
        monthlyAllowance: null,
        monthlyUsage: '0.000000',
      });
    });

    it('are of members only, not of strangers nor for other teams, and set by nobody without the right', async () => {
      const ctx = await team();
      const stranger = service.members.stranger();
      await expect(allowances.set(ctx, { userId: stranger, monthlyAllowance: '3' })).rejects.toMatchObject({
        code: 'member.not_found',
      });
      await expect(allowances.transactions(ctx, { userId: stranger })).rejects.toMatchObject({
        code: 'member.not_found',
      });
      const userId = member();
      await allowances.set(ctx, { userId, monthlyAllowance: '3' });
      expect((await allowances.list(await team(), {})).items).toEqual([]);
      for (const role of ['manager', 'agent', 'viewer'] as const)
        await expect(
          allowances.set({ ...caller(role), tenantId: ctx.tenantId }, { userId, monthlyAllowance: '9' }),
        ).rejects.toMatchObject({ code: 'request.forbidden' });
    });

    it.each(['-1', '1.0000001', 'NaN', '1000000.000001', 5, undefined])('refuse %p', async (bad) => {
      const wish = { userId: member(), monthlyAllowance: bad as string };
      await expect(allowances.set(await team(), wish)).rejects.toMatchObject({
        code: 'request.invalid',
        details: { errors: [{ pointer: '/monthlyAllowance' }] },
      });
    });
  });
});
