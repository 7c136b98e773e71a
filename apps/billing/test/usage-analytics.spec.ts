import {
  usageAnalyticsApi,
  usageEventsApi,
  walletsApi,
  type AnalyseUsage,
  type ReportedUsage,
  type UsageAnalyticsApi,
  type UsageEventsApi,
} from '@leadwire/contracts';
import { newId, type Ctx } from '@leadwire/kernel';
import { caller, eventually, TestService } from '@leadwire/testing';
import { billingService } from '../src/billing.module.js';
import { migrations } from '../src/migrations/index.js';
import { analyseUsage } from '../src/usage/usage-analytics.queries.js';
import { mail, send } from './mails.js';

const DAY_MS = 86_400_000;
// Yesterday, so that nothing is used in the future whenever the test runs.
const today = new Date(new Date().toISOString().slice(0, 10)).getTime() - DAY_MS;
/** So many whole days before, an hour after midnight UTC. */
const daysAgo = (days: number) => new Date(today - days * DAY_MS + 3_600_000).toISOString();
const dayOf = (days: number) => daysAgo(days).slice(0, 10);

const smtp = (quantity: string) =>
  ({ category: 'email', provider: 'smtp', unit: 'message', quantity }) as const;
const llm = (model: string, quantity: string) =>
  ({ category: 'llm', provider: 'acme', model, unit: 'token', quantity }) as const;

describe('analytics of usage', () => {
  let service: TestService;
  let analytics: UsageAnalyticsApi;
  let events: UsageEventsApi;
  let ctx: Ctx;
  const [ada, bob, campaignId] = [newId(), newId(), newId()];

  beforeAll(async () => {
    const env = { TRIAL_CREDIT: '10', LOW_BALANCE_THRESHOLD: '0' };
    service = await TestService.start(billingService, { migrations, env });
    analytics = service.client(usageAnalyticsApi);
    events = service.client(usageEventsApi);
    ctx = await teamWithUsage();
  });
  afterAll(() => service.stop());

  const record = async (as: Ctx, over: Partial<ReportedUsage>) => {
    const event = {
      key: newId(),
      feature: 'newsletter',
      items: [smtp('1')],
      occurredAt: daysAgo(1),
      ...over,
    };
    const { items } = await events.record(as, { events: [event] });
    return items[0]?.usageEventId as string;
  };

  /** Charged: 1.0 (ada) and 0.5 (bob) of mails, 1.2 of tokens in one use of two models, 0.001 of a campaign; pending 20; failed one. */
  async function teamWithUsage(): Promise<Ctx> {
    const team = caller();
    for (const [model, price] of [
      ['large', '0.001'],
      ['small', '0.0001'],
    ])
      await service.database.query(
        `INSERT INTO billing.billing_pricing_catalog (id, category, provider, model, unit, unit_price, effective_from)
         VALUES (gen_random_uuid(), 'llm', 'acme', $1, 'token', $2, '2020-01-01T00:00:00Z')`,
        [model, price],
      );
    await send(service, team.tenantId, [mail({ campaignId, launchedByUserId: ada, sentAt: daysAgo(2) })]);
    const wallets = service.client(walletsApi);
    await eventually(async () => (await wallets.get(team, {})).balance === '9.999000');
    await record(team, { items: [smtp('1000')], userId: ada, occurredAt: daysAgo(1) });
    await record(team, { items: [smtp('500')], userId: bob, occurredAt: daysAgo(2) });
    await record(team, {
      feature: 'assistant',
      items: [llm('large', '1000'), llm('small', '2000')],
      occurredAt: daysAgo(2),
    });
    const voided = await record(team, { items: [smtp('3000')] });
    await events.void(team, { usageEventId: voided, reason: 'No' });
    await record(team, { items: [smtp('20000')], feature: 'bulk', occurredAt: daysAgo(0) });
    await record(team, { items: [llm('unheard-of', '7')], feature: 'assistant', occurredAt: daysAgo(0) });
    return team;
  }

  const lines = async (input: AnalyseUsage, as = ctx) => (await analytics.analyse(as, input)).items;
  const costs = async (input: AnalyseUsage) => (await lines(input)).map(({ key, cost }) => [key, cost]);

  it('adds up by feature, the dearest first, telling apart what was charged, waits and failed', async () => {
    expect(await lines({ groupBy: 'feature' })).toEqual([
      {
        key: 'bulk',
        period: null,
        count: 1,
        failed: 0,
        quantity: '20000.000000',
        cost: '20.000000',
        charged: '0.000000',
        pending: '20.000000',
        currency: 'USD',
      },
      expect.objectContaining({ key: 'newsletter', count: 2, cost: '1.500000', charged: '1.500000' }),
      expect.objectContaining({ key: 'assistant', count: 2, failed: 1, cost: '1.200000' }),
      expect.objectContaining({ key: 'campaigns', count: 1, cost: '0.001000' }),
    ]);
  });

  it.each<[AnalyseUsage, [string | null, string][]]>([
    [
      { groupBy: 'user' },
      [
        [null, '21.200000'],
        [ada, '1.001000'],
        [bob, '0.500000'],
      ],
    ],
    [
      { groupBy: 'campaign' },
      [
        [null, '22.700000'],
        [campaignId, '0.001000'],
      ],
    ],
    [
      { groupBy: 'model', provider: 'acme' },
      [
        ['large', '1.000000'],
        ['small', '0.200000'],
        ['unheard-of', '0.000000'],
      ],
    ],
    [
      { groupBy: 'provider' },
      [
        ['smtp', '21.501000'],
        ['acme', '1.200000'],
      ],
    ],
    [{ groupBy: 'category', userId: bob }, [['email', '0.500000']]],
    [
      { groupBy: 'day' },
      [
        [dayOf(0), '20.000000'],
        [dayOf(2), '1.701000'],
        [dayOf(1), '1.000000'],
      ],
    ],
    [{ groupBy: 'feature', campaignId }, [['campaigns', '0.001000']]],
    [{ groupBy: 'feature', category: 'llm' }, [['assistant', '1.200000']]],
    [{ groupBy: 'feature', from: daysAgo(1), to: daysAgo(0) }, [['newsletter', '1.000000']]],
  ])('answers %j', async (input, expected) => {
    expect(await costs(input)).toEqual(expected);
  });

  it('splits groups by days in their order', async () => {
    const found = await lines({ groupBy: 'feature', interval: 'day' });
    expect(found.map(({ period, key }) => [period?.slice(0, 10), key])).toEqual([
      [dayOf(2), 'assistant'],
      [dayOf(2), 'newsletter'],
      [dayOf(2), 'campaigns'],
      [dayOf(1), 'newsletter'],
      [dayOf(0), 'bulk'],
      [dayOf(0), 'assistant'],
    ]);
  });

  it.each<AnalyseUsage>([
    { groupBy: 'feature' },
    { groupBy: 'user' },
    { groupBy: 'feature', interval: 'day' },
  ])('reads page by page without a gap or a repetition: %j', async (input) => {
    const whole = await lines(input);
    const paged: unknown[] = [];
    let cursor: string | undefined;
    do {
      const page = await analytics.analyse(ctx, { ...input, limit: 1, ...(cursor ? { cursor } : {}) });
      paged.push(...page.items);
      cursor = page.next ?? undefined;
    } while (cursor);
    expect(paged).toEqual(whole);
  });

  it('shows another team nothing of it, and refuses who may not read billing', async () => {
    expect(await lines({ groupBy: 'feature' }, caller())).toEqual([]);
    await expect(lines({ groupBy: 'feature' }, caller('viewer'))).rejects.toMatchObject({
      code: 'request.forbidden',
    });
  });

  it.each([
    { groupBy: 'feature', from: daysAgo(0), to: daysAgo(1) },
    { groupBy: 'feature', from: daysAgo(367), to: daysAgo(0) },
    { groupBy: 'colour' as never },
    { groupBy: 'feature', from: 'yesterday' },
  ] as AnalyseUsage[])('refuses %j', async (input) => {
    await expect(lines(input)).rejects.toMatchObject({ code: 'request.invalid' });
  });

  it('reads only the span that was asked for, by the index on time', async () => {
    const busy = caller();
    const { id } = await service.client(walletsApi).get(busy, {});
    await service.database.query(
      `INSERT INTO billing.billing_usage_events (id, tenant_id, wallet_id, feature_key, usage_items, total_quantity, total_cost,
         currency, idempotency_key, occurred_at)
       SELECT gen_random_uuid(), $1, $2, 'bulk', '[]', 1, 0, 'USD', 'bulk:' || i, now() - i * interval '10 minutes'
       FROM generate_series(1, 20000) AS i`,
      [busy.tenantId, id],
    );
    await service.database.query('ANALYZE billing.billing_usage_events');
    const { sql } = analyseUsage({ groupBy: 'feature' });
    const params = [busy.tenantId, 26, daysAgo(30), daysAgo(28), null, null, null];
    const plan = await service.database.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${inBilling(sql)}`, params);
    const text = plan.map((row) => row['QUERY PLAN']).join('\n');
    expect(text).toMatch(/Index Scan using billing_usage_by_time/);
    expect(text).toMatch(/Index Cond: .*occurred_at >= .*occurred_at </);
  });
});

const inBilling = (sql: string) =>
  sql.replace('FROM billing_usage_events', 'FROM billing.billing_usage_events');
