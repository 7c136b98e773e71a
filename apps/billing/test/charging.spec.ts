import {
  EmailSent,
  FundsAvailable,
  FundsExhausted,
  LowBalanceReached,
  TenantCreated,
  TenantErased,
  UsageCharged,
  type UsageChargedData,
  usageApi,
  walletsApi,
  WalletToppedUp,
  type UsageApi,
  type WalletAudit,
  type WalletsApi,
} from '@leadwire/contracts';
import { amount, newId, type Ctx } from '@leadwire/kernel';
import { EVENTS_STREAM } from '@leadwire/messaging';
import { caller, eventually, TestService } from '@leadwire/testing';
import { jetstreamManager } from '@nats-io/jetstream';
import { billingService } from '../src/billing.module.js';
import { migrations } from '../src/migrations/index.js';
import { mail, mails, send } from './mails.js';

const TRIAL = '0.010000';
const THRESHOLD = '0.004000';

describe('charging usage', () => {
  let service: TestService;
  let wallets: WalletsApi;
  let usage: UsageApi;

  beforeAll(async () => {
    const env = { TRIAL_CREDIT: TRIAL, LOW_BALANCE_THRESHOLD: THRESHOLD };
    service = await TestService.start(
      { ...billingService, retryDelaysMs: [50, 200, 1_000] },
      { migrations, env },
    );
    await service.addReplica();
    wallets = service.client(walletsApi);
    usage = service.client(usageApi);
  });
  afterAll(() => service.stop());

  /** Waits until so many uses are charged and pending, and returns the audit. */
  const settled = (ctx: Ctx, charged: number, pending = 0): Promise<WalletAudit> =>
    eventually(async () => {
      const audit = await wallets.audit(ctx, {});
      if (audit.usageCharged !== charged || audit.usagePending !== pending)
        throw new Error(JSON.stringify(audit));
      return audit;
    });
  const announced = async (ctx: Ctx, type: { type: string }) =>
    (await service.events(type, ctx.tenantId)).map(({ data }) => data);

  it('a new tenant gets its trial credit once, though its event comes twice and its wallet is looked at meanwhile', async () => {
    const ctx = caller();
    const data = { name: 'Acme', slug: `acme-${newId()}`, planTier: 'free', ownerUserId: newId() };
    const created = (id: string) =>
      service.publish(TenantCreated, {
        tenantId: ctx.tenantId,
        aggregateId: ctx.tenantId,
        data,
        id,
        messageId: newId(),
      });
    const id = newId();
    await Promise.all([
      created(id),
      created(id),
      created(newId()),
      ...Array.from({ length: 5 }, () => wallets.get(ctx, {})),
    ]);
    await eventually(async () => {
      const handled = `SELECT FROM billing.inbox WHERE consumer = 'billing__provisioning' AND event_id = $1`;
      return (await service.database.query(handled, [id])).length === 1;
    });
    expect(await wallets.get(ctx, {})).toMatchObject({
      balance: TRIAL,
      available: TRIAL,
      currency: 'USD',
      exhausted: false,
    });
    expect(await wallets.audit(ctx, {})).toMatchObject({ ledgerTransactions: 1, ledgerSum: TRIAL, ok: true });
    expect(await announced(ctx, WalletToppedUp)).toMatchObject([{ amount: TRIAL, balance: TRIAL }]);
  });

  it('each mail is charged once, delivered again, told twice, and handled by two replicas', async () => {
    const ctx = caller();
    await wallets.topUp(ctx, { amount: '5' });
    const sent = mails(300);
    const ids = await send(service, ctx.tenantId, sent);
    await Promise.all(
      sent.map((data, i) =>
        service.publish(EmailSent, { tenantId: ctx.tenantId, data, id: ids[i], messageId: newId() }),
      ),
    );
    await send(service, ctx.tenantId, sent);
    const marker = mail();
    await send(service, ctx.tenantId, [marker]);
    const audit = await settled(ctx, 301);
    expect(audit).toMatchObject({
      debited: '0.301000',
      walletBalance: '4.709000',
      ledgerDebits: 301,
      seqDense: true,
      ok: true,
    });
    const told = (await service.events(UsageCharged, ctx.tenantId)).flatMap(
      ({ data }) => (data as unknown as UsageChargedData).charges,
    );
    expect(new Set(told.map(({ usageEventId }) => usageEventId)).size).toBe(301);
    expect(told).toHaveLength(301);
    expect(told.every(({ cost, featureKey }) => cost === '0.001000' && featureKey === 'campaigns')).toBe(
      true,
    );
  });

  it('keeps the evidence of the price and what the usage belongs to', async () => {
    const ctx = caller();
    const sent = mail();
    await send(service, ctx.tenantId, [sent]);
    await settled(ctx, 1);
    const { items } = await usage.list(ctx, {});
    expect(items).toMatchObject([
      {
        feature: 'campaigns',
        status: 'charged',
        cost: '0.001000',
        quantity: '1.000000',
        userId: sent.launchedByUserId,
        externalReferenceId: sent.activityId,
        metadata: { campaignId: sent.campaignId, leadId: sent.leadId },
        occurredAt: sent.sentAt,
        ledgerTransactionId: expect.any(String),
        items: [
          {
            category: 'email',
            unitPrice: '0.0010000000',
            cost: '0.001000',
            priceEffectiveFrom: '2020-01-01T00:00:00.000Z',
          },
        ],
      },
    ]);
  });

  it("rates at the price of the moment of sending, the tenant's own before the general one", async () => {
    const ctx = caller();
    await service.database.query(
      `INSERT INTO billing.billing_pricing_catalog (id, tenant_id, category, provider, unit, unit_price, effective_from, effective_to)
       VALUES (gen_random_uuid(), $1, 'email', 'smtp', 'message', 0.0005, '2026-03-01T00:00:00Z', '2026-04-01T00:00:00Z')`,
      [ctx.tenantId],
    );
    await send(service, ctx.tenantId, [
      mail({ sentAt: '2026-02-28T23:59:59.999Z' }),
      mail({ sentAt: '2026-03-01T00:00:00.000Z' }),
      mail({ sentAt: '2026-04-01T02:00:00.000+02:00' }),
    ]);
    await settled(ctx, 3);
    const { items } = await usage.list(ctx, {});
    expect(items.map(({ cost }) => cost)).toEqual(['0.001000', '0.000500', '0.001000']);
  });

  it('leaves what funds do not cover pending, says so once, and never goes below zero', async () => {
    const ctx = caller();
    await send(service, ctx.tenantId, mails(12));
    await settled(ctx, 10, 2);
    await send(service, ctx.tenantId, mails(5));
    const audit = await settled(ctx, 10, 7);
    expect(audit).toMatchObject({ walletBalance: '0.000000', usagePendingCost: '0.007000', ok: true });
    expect(await wallets.get(ctx, {})).toMatchObject({ exhausted: true, balance: '0.000000' });
    expect(await announced(ctx, FundsExhausted)).toHaveLength(1);
    expect(await announced(ctx, LowBalanceReached)).toMatchObject([{ threshold: THRESHOLD }]);
  });

  it('charges the oldest first after a top-up, and says that funds are back only when none waits and money is left', async () => {
    const ctx = caller();
    await send(service, ctx.tenantId, mails(10));
    await settled(ctx, 10);
    const days = ['05', '01', '04', '02', '03'];
    for (const day of days)
      await send(service, ctx.tenantId, [mail({ sentAt: `2026-05-${day}T00:00:00.000Z` })]);
    await settled(ctx, 10, 5);

    await wallets.topUp(ctx, { amount: '0.002' });
    await settled(ctx, 12, 3);
    const { items } = await usage.list(ctx, { status: 'charged', to: '2026-06-01T00:00:00Z' });
    expect(items.map(({ occurredAt }) => occurredAt.slice(0, 10))).toEqual(['2026-05-02', '2026-05-01']);
    expect(await announced(ctx, FundsAvailable)).toEqual([]);

    await wallets.topUp(ctx, { amount: '0.003' });
    await settled(ctx, 15);
    expect(await announced(ctx, FundsAvailable)).toEqual([]);

    const { wallet } = await wallets.topUp(ctx, { amount: '1' });
    expect(wallet).toMatchObject({ exhausted: false, balance: '1.000000' });
    expect(await announced(ctx, FundsAvailable)).toMatchObject([{ balance: '1.000000' }]);
    expect(await announced(ctx, FundsExhausted)).toHaveLength(1);
  });

  it('numbers what it tells about a wallet, so that a late word cannot undo a newer one', async () => {
    const ctx = caller();
    await send(service, ctx.tenantId, mails(11));
    await settled(ctx, 10, 1);
    await wallets.topUp(ctx, { amount: '1' });
    const rows = await service.database.query<{ version: number }>(
      `SELECT (metadata->>'version')::int AS version FROM billing.domain_events
       WHERE tenant_id = $1 AND aggregate_type = 'wallet' ORDER BY seq`,
      [ctx.tenantId],
    );
    expect(rows.map(({ version }) => version)).toEqual(rows.map((_, i) => i + 1));
    expect(rows.length).toBeGreaterThanOrEqual(5);
  });

  it('goes on in the background when more waits than one batch holds', async () => {
    const ctx = caller();
    await send(service, ctx.tenantId, mails(1_310));
    await settled(ctx, 10, 1_300);
    const { wallet } = await wallets.topUp(ctx, { amount: '1.301' });
    expect(wallet).toMatchObject({ exhausted: true });
    const audit = await settled(ctx, 1_310);
    expect(audit).toMatchObject({ walletBalance: '0.001000', ok: true });
    await eventually(async () => (await announced(ctx, FundsAvailable)).length === 1);
    expect(
      await service.database.query('SELECT FROM billing.charge_queue WHERE tenant_id = $1', [ctx.tenantId]),
    ).toEqual([]);
  });

  it('stays exact and dense under top-ups and mails at once', async () => {
    const ctx = caller();
    const topUps = Array.from({ length: 20 }, () => wallets.topUp(ctx, { amount: '0.0123' }));
    const sent = mails(200);
    await Promise.all([...topUps, send(service, ctx.tenantId, sent)]);
    const audit = await settled(ctx, 200);
    const expected = amount(TRIAL).add(amount('0.0123').mul(20)).sub(amount('0.001').mul(200));
    expect(audit).toMatchObject({
      walletBalance: expected.toFixed(6),
      ledgerTransactions: 221,
      seqDense: true,
      ok: true,
    });
  });

  it('charges each mail once though the database drops every connection again and again', async () => {
    const ctx = caller();
    await wallets.topUp(ctx, { amount: '5' });
    const sent = mails(600);
    for (let i = 0; i < 4; i++) {
      await send(service, ctx.tenantId, sent.slice(i * 150, i * 150 + 150));
      await service.database.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND usename = 'billing_app'`);
    }
    const audit = await eventually(async () => {
      const now = await wallets.audit({ ...ctx, deadline: Date.now() + 5_000 }, {});
      return now.usageCharged === 600 && now;
    });
    expect(audit).toMatchObject({ ledgerDebits: 600, debited: '0.600000', ok: true });
  });

  it('passes over late mails of a team that was erased: no wallet, no trial credit, no use comes back', async () => {
    const { tenantId } = caller();
    const rowsOf = (table: string) =>
      service.database.query(`SELECT FROM billing.${table} WHERE tenant_id = $1`, [tenantId]);
    await service.publish(TenantErased, { tenantId, data: { closedAt: new Date().toISOString() } });
    await eventually(async () => (await rowsOf('tenant_erasures')).length === 1);
    await send(service, tenantId, mails(3));
    const { consumers } = await jetstreamManager(service.connection);
    await eventually(async () => {
      const { num_pending, num_ack_pending } = await consumers.info(EVENTS_STREAM, 'billing__usage');
      return num_pending === 0 && num_ack_pending === 0;
    });
    const tables = ['billing_wallets', 'billing_ledger_transactions', 'billing_usage_events', 'dead_letters'];
    for (const table of tables) expect([table, await rowsOf(table)]).toEqual([table, []]);
    expect(await service.events(WalletToppedUp, tenantId)).toEqual([]);
  });

  it('keeps a mail that no price covers until there is one, and charges its neighbours', async () => {
    const ctx = caller();
    const unpriced = mail({ sentAt: '2019-12-31T23:59:59.000Z' });
    await send(service, ctx.tenantId, [mail(), unpriced, mail()]);
    await settled(ctx, 2);
    const failed = await eventually(async () => {
      const { items } = await usage.list(ctx, { status: 'failed' });
      return items.length > 0 && items;
    });
    expect(failed).toMatchObject([
      {
        externalReferenceId: unpriced.activityId,
        error: expect.stringContaining('no price'),
        cost: '0.000000',
      },
    ]);
  });
});
