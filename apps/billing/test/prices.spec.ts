import {
  chargesApi,
  operatorPricesApi,
  pricesApi,
  usageApi,
  usageEventsApi,
  walletsApi,
  type OperatorPricesApi,
  type PricesApi,
  type UsageApi,
  type WalletsApi,
} from '@leadwire/contracts';
import { newId, systemCtx, type Ctx } from '@leadwire/kernel';
import { caller, eventually, TestService } from '@leadwire/testing';
import pg from 'pg';
import { billingService } from '../src/billing.module.js';
import { migrations } from '../src/migrations/index.js';
import { PRICES_OF_ENTRIES } from '../src/usage/rating.queries.js';
import { mails, send } from './mails.js';

const HEADER =
  'tenant,category,provider,model,unit,currency,scheme,unit_price,package_size,tiers,included_quantity,minimum_charge,effective_from,effective_to,description';
const file = (...lines: string[]): string => [HEADER, ...lines, ''].join('\n');
const operator = (): Ctx => systemCtx('');
const HOUR_MS = 3_600_000;
const inHours = (hours: number): string => new Date(Date.now() + hours * HOUR_MS).toISOString();

describe('the price list', () => {
  let service: TestService;
  let operators: OperatorPricesApi;
  let prices: PricesApi;
  let usage: UsageApi;
  let wallets: WalletsApi;

  beforeAll(async () => {
    service = await TestService.start(billingService, { migrations });
    operators = service.client(operatorPricesApi);
    prices = service.client(pricesApi);
    usage = service.client(usageApi);
    wallets = service.client(walletsApi);
  });
  afterAll(() => service.stop());

  /** A tenant that has a wallet. */
  const tenant = async (): Promise<Ctx> => {
    const ctx = caller();
    await wallets.get(ctx, {});
    return ctx;
  };
  const refusalOf = (csv: string) =>
    operators.importFile(operator(), { file: csv }).then(
      () => [],
      (error: { details: { errors: { pointer: string; code: string }[] } }) =>
        error.details.errors.map(({ pointer, code }) => `${pointer} ${code}`),
    );
  const priceOf = async (ctx: Ctx, provider: string, at?: string) => {
    const { items } = await prices.list(ctx, { limit: 100, ...(at ? { at } : {}) });
    return items.find((price) => price.provider === provider);
  };

  it('takes a file as a draft that nobody is charged by, and makes it the list at once when it is published', async () => {
    const ctx = await tenant();
    const draft = await operators.importFile(operator(), {
      note: 'Spring',
      file: file(
        ',llm,openai,gpt-5,token,USD,graduated,0.000001,,1000000:0.000003 | 5000000:0.000002,,,,,Tokens',
        `${ctx.tenantId},llm,openai,gpt-5,token,USD,flat,0.0000009,,,,,,,`,
        ',telephony,twilio,,minute,USD,,0.0140,,,60,0.005,,,"Calls, outgoing"',
      ),
    });
    expect(draft).toMatchObject({ status: 'draft', note: 'Spring', lines: 3, effectiveFrom: null });
    expect(draft.changes.map(({ change, before, after }) => [change, before, after])).toEqual([
      ['added', null, 'graduated up to 1000000: 0.000003, up to 5000000: 0.000002, then 0.000001 USD'],
      ['added', null, 'flat 0.0000009 USD'],
      ['added', null, 'flat 0.014 USD; 60 included; at least 0.005'],
    ]);
    expect(await priceOf(ctx, 'twilio', inHours(1))).toBeUndefined();

    const published = await operators.publish(operator(), { draftId: draft.id });
    const { effectiveFrom } = published;
    expect(published).toMatchObject({ status: 'published', changes: draft.changes });
    expect(Date.parse(effectiveFrom as string) - Date.now()).toBeGreaterThan(50_000);
    expect(await priceOf(ctx, 'twilio')).toBeUndefined();
    expect(await priceOf(ctx, 'twilio', effectiveFrom as string)).toMatchObject({
      scheme: 'flat',
      currency: 'USD',
      unitPrice: '0.0140000000',
      includedQuantity: '60.000000',
      minimumCharge: '0.005000',
      description: 'Calls, outgoing',
      own: false,
      effectiveFrom,
      effectiveTo: null,
    });
    const own = await priceOf(ctx, 'openai', effectiveFrom as string);
    expect(own).toMatchObject({ own: true, scheme: 'flat', tiers: [] });
    expect(await priceOf(await tenant(), 'openai', effectiveFrom as string)).toMatchObject({
      own: false,
      tiers: [
        { upTo: '1000000', unitPrice: '0.000003' },
        { upTo: '5000000', unitPrice: '0.000002' },
      ],
    });
    await expect(operators.publish(operator(), { draftId: draft.id })).rejects.toMatchObject({
      code: 'price.draft_ended',
    });
    await expect(operators.discard(operator(), { draftId: draft.id })).rejects.toMatchObject({
      code: 'price.draft_ended',
    });
  });

  it('ends what was valid at the moment that the new price starts, and leaves the past as it was', async () => {
    const start = inHours(2);
    const line = (price: string, from = '', to = '') =>
      `,stt,deepgram,,second,USD,,${price},,,,,${from},${to},`;
    const first = await operators.importFile(operator(), { file: file(line('0.1', '2024-01-01T00:00:00Z')) });
    expect(first.changes).toMatchObject([{ change: 'added', from: '2024-01-01T00:00:00.000Z' }]);
    await operators.publish(operator(), { draftId: first.id });
    const ctx = await tenant();
    const old = await priceOf(ctx, 'deepgram');
    expect(old).toMatchObject({ unitPrice: '0.1000000000' });

    const second = await operators.importFile(operator(), { file: file(line('0.2')) });
    expect(second.changes).toMatchObject([
      { change: 'changed', before: 'flat 0.1 USD', after: 'flat 0.2 USD' },
    ]);
    await operators.publish(operator(), { draftId: second.id, at: start });
    expect(await priceOf(ctx, 'deepgram')).toMatchObject({ id: old?.id, effectiveTo: start });
    expect(await priceOf(ctx, 'deepgram', start)).toMatchObject({ unitPrice: '0.2000000000' });

    const offer = await operators.importFile(operator(), {
      file: file(line('0.05', inHours(3), inHours(4))),
    });
    await operators.publish(operator(), { draftId: offer.id });
    const course = await Promise.all(
      [0, 2.5, 3.5, 4.5].map((hours) => priceOf(ctx, 'deepgram', inHours(hours))),
    );
    expect(course.map((price) => Number(price?.unitPrice))).toEqual([0.1, 0.2, 0.05, 0.2]);
  });

  it('says which import made a price: to operators in the list, and to the team in the receipt of a charge', async () => {
    const ctx = await tenant();
    const line = (provider: string, from: string, to = '') =>
      `,email,${provider},,message,USD,,0.5,,,,,${from},${to},`;
    const { id: draftId } = await operators.importFile(operator(), {
      file: file(line('courier', '2024-01-01T00:00:00Z'), line('pigeon', '2024-01-01T00:00:00Z')),
    });
    await operators.publish(operator(), { draftId });
    const offer = await operators.importFile(operator(), {
      file: file(line('pigeon', inHours(2), inHours(3)).replace('0.5', '0.4')),
    });
    await operators.publish(operator(), { draftId: offer.id });

    const { items } = await operators.list(operator(), { limit: 100 });
    const origins = (provider: string) =>
      items
        .filter((price) => price.provider === provider)
        .map(({ draftId: made, draftLine }) => [made, draftLine]);
    expect(origins('pigeon')).toEqual([
      [draftId, 3],
      [offer.id, 2],
      [offer.id, null],
    ]);
    expect(origins('smtp')).toEqual([[null, null]]);

    const used = (provider: string) => ({ category: 'email' as const, provider, unit: 'message' as const });
    const recorded = await service.client(usageEventsApi).record(ctx, {
      events: [
        {
          key: newId(),
          feature: 'letters',
          occurredAt: new Date().toISOString(),
          items: ['pigeon', 'smtp', 'pigeon'].map((provider) => ({ ...used(provider), quantity: '1' })),
        },
      ],
    });
    const chargeId = recorded.items[0]?.usageEventId as string;
    const receipt = await service.client(chargesApi).receipt(ctx, { chargeId });
    const [bird, mail] = receipt.usage?.items ?? [];
    expect(receipt.prices).toHaveLength(2);
    expect(receipt.prices).toEqual(
      expect.arrayContaining([
        { priceId: bird?.priceId, draftId, draftLine: 3 },
        { priceId: mail?.priceId, draftId: null, draftLine: null },
      ]),
    );
  });

  it('comes out of the export as it went in: a file that changes nothing changes nothing', async () => {
    const parts: string[] = [];
    let cursor: string | undefined;
    do {
      const part = await operators.exportFile(operator(), { limit: 3, ...(cursor ? { cursor } : {}) });
      parts.push(part.csv);
      cursor = part.next ?? undefined;
    } while (cursor);
    const csv = parts.join('');
    expect(csv.split('\n')[0]).toBe(HEADER);
    expect(csv).toContain('email,smtp,,message,USD,flat,0.001,,,,,2020-01-01T00:00:00.000Z,,A campaign mail');
    expect(csv).toContain('"Calls, outgoing"');
    const { changes } = await operators.importFile(operator(), { file: csv });
    expect(changes.length).toBeGreaterThanOrEqual(7);
    expect(changes.filter(({ change }) => change !== 'unchanged')).toEqual([]);

    const raised = csv.replace(',0.014,', ',0.015,');
    const draft = await operators.importFile(operator(), { file: raised });
    expect(draft.changes.filter(({ change }) => change !== 'unchanged')).toMatchObject([
      { change: 'changed', entry: 'telephony / twilio / minute', from: null },
    ]);
    expect(await operators.discard(operator(), { draftId: draft.id })).toMatchObject({ status: 'discarded' });
  });

  it('says all that is wrong with a file at once, by line and column, and takes nothing of it', async () => {
    const stranger = newId();
    expect(
      await refusalOf(
        file(
          ',llm,openai,,token,USD,,-1,,,,,,,',
          ',llm,openai,,token,USD,,0.00000000001,,,,,,,',
          ',llm,openai,,token,USD,,NaN,,,,,,,',
          ',llm,openai,,token,DEM,,1,,,,,,,',
          ',magic,,,wish,USD,free,,,,,,,,',
          ',llm,openai,,token,USD,package,1,0,,,,,,',
          ',llm,openai,,token,USD,volume,1,,10:2 | 10:1,,1,,,',
          ',llm,openai,,token,USD,graduated,1,,ten:1,,,,,',
          ',llm,openai,,token,USD,,1,,,,,2027-01-01,2026-01-01T00:00:00Z,',
          `${stranger},llm,openai,,token,USD,,1,,,,,,,`,
          'nobody,llm,openai,,token,USD,,12345678901,,,,,,,,too,many',
        ),
      ),
    ).toEqual([
      '/lines/2/unit_price decimal',
      '/lines/2/unit_price required',
      '/lines/3/unit_price decimal',
      '/lines/3/unit_price required',
      '/lines/4/unit_price decimal',
      '/lines/4/unit_price required',
      '/lines/5/currency unknown',
      '/lines/6/category unknown',
      '/lines/6/provider required',
      '/lines/6/unit unknown',
      '/lines/6/scheme unknown',
      '/lines/6/unit_price required',
      '/lines/7/package_size decimal',
      '/lines/7/package_size scheme',
      '/lines/8/tiers order',
      '/lines/8/minimum_charge scheme',
      '/lines/9/tiers decimal',
      '/lines/10/effective_from time',
      '/lines/12 columns',
      '/lines/11/tenant unknown',
    ]);
  });

  it.each([
    ['tenant,category,colour\n', '/lines/1/colour unknown_column'],
    [`${HEADER}\n,llm,"open\n`, '/lines/2 csv'],
    [`${HEADER}\n`, '/lines/2 empty'],
  ])('refuses %j as a file', async (text, first) => {
    expect(await refusalOf(text)).toContain(first);
  });

  it('refuses two prices of one entry for one time, whether in one file or against the past', async () => {
    const line = (price: string, from = '', to = '') =>
      `,tts,playht,,character,USD,,${price},,,,,${from},${to},`;
    expect(await refusalOf(file(line('1'), line('2', inHours(5))))).toEqual([
      '/lines/3/effective_from overlaps',
    ]);
    const draft = await operators.importFile(operator(), {
      file: file(line('1', '2024-01-01T00:00:00Z', '2025-01-01T00:00:00Z')),
    });
    await operators.publish(operator(), { draftId: draft.id });
    expect(await refusalOf(file(line('2', '2024-06-01T00:00:00Z', '2025-01-01T00:00:00Z')))).toEqual([
      '/lines/2/effective_to past',
    ]);
  });

  it('publishes a draft only on the list it was made for, and never for what is now or was', async () => {
    const line = (provider: string) => `,enrichment,${provider},,record,USD,,1,,,,,,,`;
    const one = await operators.importFile(operator(), { file: file(line('one')) });
    const two = await operators.importFile(operator(), { file: file(line('two')) });
    for (const at of [new Date().toISOString(), '2020-01-01T00:00:00Z', inHours(0.01)])
      await expect(operators.publish(operator(), { draftId: one.id, at })).rejects.toMatchObject({
        code: 'price.too_soon',
      });
    await operators.publish(operator(), { draftId: one.id });
    await expect(operators.publish(operator(), { draftId: two.id })).rejects.toMatchObject({
      code: 'price.draft_stale',
    });
    await expect(operators.publish(operator(), { draftId: newId() })).rejects.toMatchObject({
      code: 'price.no_draft',
    });
    const { items } = await operators.listDrafts(operator(), { limit: 2 });
    expect(items.map(({ id, status }) => [id, status])).toEqual([
      [two.id, 'draft'],
      [one.id, 'published'],
    ]);
    expect(await operators.getDraft(operator(), { draftId: two.id })).toMatchObject({
      changes: [{ change: 'added' }],
    });
  });

  it('of two that publish at once, one wins', async () => {
    const line = `,vm_infrastructure,runpod,,second,USD,,1,,,,,,,`;
    const drafts = await Promise.all(
      [0, 1].map(() => operators.importFile(operator(), { file: file(line) })),
    );
    const results = await Promise.allSettled(
      drafts.map(({ id }) => operators.publish(operator(), { draftId: id })),
    );
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const { items } = await operators.list(operator(), { limit: 100 });
    expect(items.filter(({ provider }) => provider === 'runpod')).toHaveLength(1);
  });

  it('previews a draft against real usage, entry by entry, and changes nothing', async () => {
    const ctx = await tenant();
    const sentAt = (i: number) => new Date(Date.UTC(2026, 4, 1 + i)).toISOString();
    const sent = mails(6).map((mail, i) => ({ ...mail, sentAt: sentAt(i) }));
    await send(service, ctx.tenantId, sent);
    await eventually(async () => (await wallets.audit(ctx, {})).usageCharged === 6);
    const before = await usage.list(ctx, {});
    const draft = await operators.importFile(operator(), {
      file: file(
        ',email,smtp,,message,USD,graduated,0.0005,,3:0.002,,,,,',
        ',email,other,,message,USD,,1,,,,,,,',
      ),
    });
    const period = { draftId: draft.id, tenantId: ctx.tenantId, from: sentAt(2), to: sentAt(31) };
    expect(await operators.preview(operator(), period)).toEqual({
      items: [
        {
          entry: 'email / smtp / message',
          currency: 'USD',
          uses: 4,
          quantity: '4',
          before: '0.004000',
          after: '0.003500',
          delta: '-0.000500',
        },
      ],
    });
    const stranger = await tenant();
    expect(await operators.preview(operator(), { ...period, tenantId: stranger.tenantId })).toEqual({
      items: [],
    });
    await expect(operators.preview(operator(), { ...period, to: sentAt(0) })).rejects.toMatchObject({
      code: 'request.invalid',
    });
    expect(await usage.list(ctx, {})).toEqual(before);
    await operators.discard(operator(), { draftId: draft.id });
  });

  it.each(['list', 'importFile', 'publish', 'listDrafts'] as const)('lets no person %s', async (method) => {
    const input = { file: 'x', draftId: newId() }[method === 'importFile' ? 'file' : 'draftId'];
    const call = operators[method] as (ctx: Ctx, input: object) => Promise<unknown>;
    const asked = method === 'importFile' ? { file: input } : method === 'publish' ? { draftId: input } : {};
    await expect(call(caller(), asked)).rejects.toMatchObject({ code: 'request.forbidden' });
  });

  it.each(['0000-01-01T00:00:00Z', '2026-W01-1T00:00:00Z', '+012345-01-01T00:00:00Z'])(
    'refuses the moment %s instead of failing on it',
    async (at) => {
      const items = [{ category: 'email', provider: 'smtp', unit: 'message', quantity: '1' } as const];
      const refused = { code: 'request.invalid', details: { errors: [{ pointer: '/at' }] } };
      await expect(prices.list(caller(), { at })).rejects.toMatchObject(refused);
      await expect(prices.quote(caller(), { items, at })).rejects.toMatchObject(refused);
    },
  );

  it('finds the prices of an entry by an index, however many tenants have one of their own', async () => {
    const ctx = await tenant();
    await service.database.query(
      `INSERT INTO billing.billing_pricing_catalog (id, tenant_id, category, provider, unit, unit_price, effective_from)
       SELECT gen_random_uuid(), gen_random_uuid(), 'email', 'smtp', 'message', 1, '2026-01-01' FROM generate_series(1, 20000)`,
    );
    await service.database.query('ANALYZE billing.billing_pricing_catalog');
    const app = new pg.Client({ connectionString: service.database.url('billing', 'app') });
    await app.connect();
    await app.query(`SELECT set_config('app.tenant_id', $1, false)`, [ctx.tenantId]);
    const now = new Date();
    const { rows } = await app.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN (ANALYZE, BUFFERS OFF) ${PRICES_OF_ENTRIES}`,
      [ctx.tenantId, ['email'], ['smtp'], [''], ['message'], 'USD', now, now],
    );
    await app.end();
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toContain('billing_prices_of_tenant');
    expect(plan).not.toContain('Seq Scan');
    expect(
      Math.max(...[...plan.matchAll(/rows=(\d+)(?:\.\d+)? loops/g)].map(([, count]) => Number(count))),
    ).toBeLessThan(10);
  });

  describe('the database itself', () => {
    const change = (sql: string) =>
      service.database.query(`${sql} WHERE provider = 'smtp' AND tenant_id IS NULL`);

    it.each([
      `UPDATE billing.billing_pricing_catalog SET unit_price = 0`,
      `UPDATE billing.billing_pricing_catalog SET effective_to = '2021-01-01'`,
      `UPDATE billing.billing_pricing_catalog SET is_active = false`,
      `UPDATE billing.billing_pricing_catalog SET description = 'other'`,
      `DELETE FROM billing.billing_pricing_catalog`,
    ])('keeps a price that was valid: %s', async (sql) => {
      await expect(change(sql)).rejects.toMatchObject({ code: '42501' });
    });

    it.each([
      [`'graduated', '[]', NULL, NULL`, 'price_has_tiers'],
      [`'flat', '[{"upTo":"1","unitPrice":"1"}]', NULL, NULL`, 'price_has_tiers'],
      [
        `'volume', '[{"upTo":"2","unitPrice":"1"},{"upTo":"1","unitPrice":"1"}]', NULL, NULL`,
        'price_tiers_rise',
      ],
      [`'volume', '[{"upTo":"2"}]', NULL, NULL`, 'price_tiers_rise'],
      [`'package', '[]', NULL, NULL`, 'price_has_a_package'],
      [`'package', '[]', 0, NULL`, 'package_size'],
      [`'volume', '[{"upTo":"2","unitPrice":"1"}]', NULL, 1`, 'price_minimum_of_a_use'],
    ])('refuses a price of %s', async (terms, constraint) => {
      const insert = `INSERT INTO billing.billing_pricing_catalog
        (id, category, provider, unit, unit_price, effective_from, scheme, tiers, package_size, minimum_charge)
        VALUES (gen_random_uuid(), 'llm', 'bad', 'token', 1, now(), ${terms})`;
      await expect(service.database.query(insert)).rejects.toThrow(constraint);
    });
  });
});
