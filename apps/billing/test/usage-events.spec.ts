import {
  UsageFailed,
  usageOperatorsApi,
  type UsageApi,
  type UsageEventsApi,
  type WalletsApi,
} from '@leadwire/contracts';
import { newId, systemCtx, type Ctx } from '@leadwire/kernel';
import { caller, eventually, type TestService } from '@leadwire/testing';
import { MAILS, ReportedUsageFixture, use } from './reported-usage.js';

describe('usage that is reported', () => {
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

  describe('in bulk', () => {
    it('is recorded and charged, each for itself, and is shown with what it was rated by', async () => {
      const ctx = caller();
      const reported = [use({ reference: 'issue-7', metadata: { campaignId: 'c1' } }), use()];
      const { items } = await events.record(ctx, { events: reported });
      expect(items).toMatchObject(
        reported.map(({ key }) => ({
          key,
          outcome: 'charged',
          usageEventId: expect.any(String),
          error: null,
        })),
      );
      expect(await fixture.balanceOf(ctx)).toBe('0.980000');
      const found = await usage.get(ctx, { usageEventId: items[0]?.usageEventId as string });
      expect(found).toMatchObject({
        feature: 'newsletter',
        source: 'api',
        cost: '0.010000',
        externalReferenceId: 'issue-7',
        metadata: { campaignId: 'c1' },
        unrated: [],
        items: [{ category: 'email', unitPrice: '0.0010000000', cost: '0.010000' }],
      });
    });

    it('is recorded once for its key, for ever, and other usage under it is told apart', async () => {
      const ctx = caller();
      const first = use({ key: 'newsletter-7' });
      const { items: before } = await events.record(ctx, { events: [first] });
      const other = use({ ...first, items: [{ ...MAILS, quantity: '11' }] });
      const { items } = await events.record(ctx, {
        events: [first, other, use(), { ...first, items: [{ ...MAILS, quantity: '10.0' }] }],
      });
      expect(items.map(({ outcome }) => outcome)).toEqual(['duplicate', 'conflict', 'charged', 'duplicate']);
      expect(items[0]?.usageEventId).toBe(before[0]?.usageEventId);
      expect(await fixture.balanceOf(ctx)).toBe('0.980000');
      const again = caller();
      expect((await events.record(again, { events: [first] })).items).toMatchObject([{ outcome: 'charged' }]);
    });

    it('is of people of the team only, and stays recorded when they leave', async () => {
      const ctx = caller();
      const stranger = service.members.stranger();
      const colleague = newId();
      const theirs = use({ userId: colleague });
      await expect(events.record(ctx, { events: [theirs, use({ userId: stranger })] })).rejects.toMatchObject(
        {
          code: 'request.invalid',
          details: { errors: [{ pointer: '/events/1/userId', code: 'member' }] },
        },
      );
      expect((await events.record(ctx, { events: [theirs] })).items).toMatchObject([{ outcome: 'charged' }]);
      service.members.stranger(colleague);
      expect((await events.record(ctx, { events: [theirs] })).items).toMatchObject([
        { outcome: 'duplicate' },
      ]);
    });

    it('is recorded once though the same request comes many times at once', async () => {
      const ctx = caller();
      const batch = Array.from({ length: 50 }, () => use({ items: [{ ...MAILS, quantity: '1' }] }));
      await Promise.all(Array.from({ length: 8 }, () => events.record(ctx, { events: batch })));
      expect(await fixture.balanceOf(ctx)).toBe('0.950000');
    });

    it('waits as pending when funds end, and is charged after a top-up', async () => {
      const ctx = caller();
      const { items } = await events.record(ctx, {
        events: [use(), use({ items: [{ ...MAILS, quantity: '2000' }] }), use()],
      });
      expect(items.map(({ outcome }) => outcome)).toEqual(['charged', 'pending', 'pending']);
      await wallets.topUp(ctx, { amount: '2' });
      expect(await fixture.balanceOf(ctx)).toBe('0.980000');
    });

    it.each([
      ['a quantity of zero', use({ items: [{ ...MAILS, quantity: '0' }] }), '/events/1/items/0/quantity'],
      ['a negative quantity', use({ items: [{ ...MAILS, quantity: '-1' }] }), '/events/1/items/0/quantity'],
      [
        'a quantity that is no number',
        use({ items: [{ ...MAILS, quantity: 'NaN' }] }),
        '/events/1/items/0/quantity',
      ],
      [
        'too many decimals',
        use({ items: [{ ...MAILS, quantity: '0.0000001' }] }),
        '/events/1/items/0/quantity',
      ],
      [
        'more than can be',
        use({ items: [{ ...MAILS, quantity: '1000000000.1' }] }),
        '/events/1/items/0/quantity',
      ],
      [
        'usage of tomorrow',
        use({ occurredAt: new Date(Date.now() + 86_400_000).toISOString() }),
        '/events/1/occurredAt',
      ],
      [
        'usage of last year',
        use({ occurredAt: new Date(Date.now() - 366 * 86_400_000).toISOString() }),
        '/events/1/occurredAt',
      ],
      [
        'an unknown unit',
        use({ items: [{ ...MAILS, unit: 'furlong' as never, quantity: '1' }] }),
        '/events/1/items/0/unit',
      ],
      ['no items', use({ items: [] }), '/events/1/items'],
    ])('is refused as a whole for %s, with the place of it', async (_, bad, pointer) => {
      const ctx = caller();
      await expect(events.record(ctx, { events: [use(), bad] })).rejects.toMatchObject({
        code: 'request.invalid',
        details: { errors: [expect.objectContaining({ pointer })] },
      });
      expect((await usage.list(ctx, {})).items).toEqual([]);
    });

    it('is refused without its capability', async () => {
      const ctx = caller('manager');
      await expect(events.record(ctx, { events: [use()] })).rejects.toMatchObject({
        code: 'request.forbidden',
      });
    });

    it('of a team that was erased is kept out, and brings nothing of it back', async () => {
      const tenantId = newId();
      await service.database.query(`INSERT INTO billing.tenant_erasures (tenant_id) VALUES ($1)`, [tenantId]);
      const { items } = await events.record(systemCtx(tenantId), { events: [use()] });
      expect(items).toMatchObject([{ outcome: 'closed', usageEventId: null }]);
      const rows = `SELECT FROM billing.billing_wallets WHERE tenant_id = $1`;
      expect(await service.database.query(rows, [tenantId])).toEqual([]);
    });

    it('of a closed wallet is not recorded, whoever reports it', async () => {
      const ctx = caller();
      await wallets.get(ctx, {});
      await service.database.query(
        `UPDATE billing.billing_wallets SET status = 'closed' WHERE tenant_id = $1`,
        [ctx.tenantId],
      );
      expect((await events.record(ctx, { events: [use()] })).items).toMatchObject([
        { outcome: 'closed', usageEventId: null },
      ]);
      expect((await usage.list(ctx, {})).items).toEqual([]);
    });
  });

  describe('without a price', () => {
    it('is kept as failed with the reason, announced, and holds nobody up', async () => {
      const ctx = caller();
      const { items } = await events.record(ctx, {
        events: [
          use({
            items: [
              { ...MAILS, quantity: '1' },
              { ...MAILS, provider: 'pigeon', quantity: '2' },
            ],
          }),
          use(),
        ],
      });
      expect(items).toMatchObject([
        { outcome: 'failed', error: 'There is no price for this usage. (email pigeon message)' },
        { outcome: 'charged' },
      ]);
      const failed = await usage.get(ctx, { usageEventId: items[0]?.usageEventId as string });
      expect(failed).toMatchObject({
        status: 'failed',
        cost: '0.000000',
        items: [],
        unrated: [{ provider: 'smtp' }, { provider: 'pigeon', quantity: '2' }],
        retryCount: 0,
        retryAt: expect.any(String),
      });
      expect(await service.events(UsageFailed, ctx.tenantId)).toMatchObject([
        { data: { usageEventId: failed.id, featureKey: 'newsletter' } },
      ]);
    });
  });

  describe('that failed', () => {
    const PIGEON = [{ ...MAILS, provider: 'pigeon', quantity: '4' }];
    /** Makes what failed due, as time would. */
    const passTime = (ctx: Ctx) =>
      service.database.query(
        `WITH due AS (UPDATE billing.usage_retries SET due_at = now() WHERE tenant_id = $1)
         UPDATE billing.billing_usage_events SET retry_at = now() WHERE tenant_id = $1 AND status = 'failed'`,
        [ctx.tenantId],
      );
    const statusIs = (ctx: Ctx, usageEventId: string, status: string) =>
      eventually(async () => {
        const found = await usage.get(ctx, { usageEventId });
        return found.status === status && found;
      });

    it('is rated again when its time comes, less and less often', async () => {
      const ctx = caller();
      const id = await fixture.recordOne(ctx, { items: PIGEON });
      for (const retryCount of [1, 2]) {
        await passTime(ctx);
        const tried = await eventually(async () => {
          const found = await usage.get(ctx, { usageEventId: id });
          return found.retryCount === retryCount && found;
        });
        expect(Date.parse(tried.retryAt as string) - Date.now()).toBeGreaterThan(retryCount * 90_000);
      }
      await fixture.setPrice(ctx, '0.05', 'pigeon');
      await passTime(ctx);
      expect(await statusIs(ctx, id, 'charged')).toMatchObject({
        cost: '0.200000',
        items: [{ unitPrice: '0.0500000000' }],
        unrated: [],
        error: null,
        retryAt: null,
      });
      expect(await fixture.balanceOf(ctx)).toBe('0.800000');
      const left = `SELECT FROM billing.usage_retries WHERE tenant_id = $1`;
      await eventually(async () => (await service.database.query(left, [ctx.tenantId])).length === 0);
    });

    it('is rated again at once when an operator says so, and waits for funds like any other', async () => {
      const [poor, rich] = [caller(), caller()];
      const large = [{ ...MAILS, provider: 'pigeon', quantity: '40' }];
      const waits = await fixture.recordOne(poor, { items: large });
      const paid = await fixture.recordOne(rich, { items: PIGEON });
      for (const ctx of [poor, rich]) await fixture.setPrice(ctx, '0.05', 'pigeon');
      const operators = service.client(usageOperatorsApi);
      expect((await operators.retry(systemCtx(''), {})).teams).toBeGreaterThanOrEqual(2);
      await statusIs(rich, paid, 'charged');
      await statusIs(poor, waits, 'pending');
      await wallets.topUp(poor, { amount: '1' });
      expect((await usage.get(poor, { usageEventId: waits })).status).toBe('charged');
      await expect(operators.retry(poor, {})).rejects.toMatchObject({ code: 'request.forbidden' });
    });
  });
});
