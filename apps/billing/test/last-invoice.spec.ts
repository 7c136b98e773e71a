import { InvoiceIssued, TenantErased, TenantUpdated } from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { TenantRemains } from '@leadwire/platform';
import { eventually } from '@leadwire/testing';
import { InvoiceFixture } from './invoice-fixture.js';

describe('a team that ends in the middle of a month', () => {
  let fixture: InvoiceFixture;

  beforeAll(async () => {
    fixture = await InvoiceFixture.start();
  });
  afterAll(async () => {
    const broken = await fixture.violations();
    await fixture.stop();
    expect(broken).toEqual([]);
  });

  /** A team that used so many mails on the tenth of June. */
  const usedBy = async (funds: string, count: number): Promise<Ctx> => {
    fixture.at('2026-06-10T00:00:00.000Z');
    const ctx = await fixture.team(funds, 'Enders');
    await fixture.use(ctx, count, '2026-06-10T00:00:00.000Z');
    return ctx;
  };
  const publish = (ctx: Ctx, type: Parameters<typeof fixture.service.publish>[0], data: object) =>
    fixture.service.publish(type, { tenantId: ctx.tenantId, aggregateId: ctx.tenantId, data, version: 9 });
  /** It is closed on the twelfth. */
  const close = async (ctx: Ctx) => {
    fixture.at('2026-06-12T00:00:00.000Z');
    await publish(ctx, TenantUpdated, { name: 'Enders', status: 'closed', planTier: 'trial' });
    await eventually(async () => {
      const [row] = await fixture.service.database.query<{ due: boolean }>(
        `SELECT closes_at BETWEEN '2026-06-11' AND '2026-06-13' AS due FROM billing.invoice_upkeep WHERE tenant_id = $1`,
        [ctx.tenantId],
      );
      return row?.due === true;
    });
  };
  const erase = (ctx: Ctx) => fixture.service.running.app.get(TenantRemains).before(ctx.tenantId);
  const asOperator = async (ctx: Ctx) =>
    (await fixture.operators.list(fixture.operator(), { tenantId: ctx.tenantId })).items;

  it('is invoiced for the days that it used when it is closed, while its owners can be told', async () => {
    const ctx = await usedBy('5', 100);
    await close(ctx);
    fixture.at('2026-06-12T00:02:00.000Z');
    await fixture.run(ctx);
    expect(await fixture.newest(ctx)).toMatchObject({
      status: 'paid',
      subtotal: '0.10',
      periodStart: '2026-06-01T00:00:00.000Z',
      periodEnd: '2026-06-12T00:00:00.000Z',
      customer: { name: 'Enders' },
    });
    expect(await fixture.announced(ctx, InvoiceIssued)).toHaveLength(1);
  });

  it('goes on with a shorter month when it is opened again', async () => {
    const ctx = await usedBy('5', 100);
    await close(ctx);
    fixture.at('2026-06-20T00:00:00.000Z');
    await fixture.run(ctx);
    await fixture.use(ctx, 200, '2026-06-20T00:00:00.000Z');
    fixture.at('2026-07-01T00:05:00.000Z');
    await fixture.run(ctx);
    expect((await fixture.all(ctx)).map(({ subtotal, periodEnd }) => [subtotal, periodEnd])).toEqual([
      ['0.20', '2026-07-01T00:00:00.000Z'],
      ['0.10', '2026-06-12T00:00:00.000Z'],
    ]);
  });

  it('is invoiced for the rest before its data is erased, once, however often and by how many that is done', async () => {
    const ctx = await usedBy('5', 100);
    await Promise.all([erase(ctx), erase(ctx)]).catch(() => undefined);
    await erase(ctx);
    await fixture.run(ctx);
    const [invoice, ...others] = await asOperator(ctx);
    expect(others).toEqual([]);
    expect(invoice).toMatchObject({
      status: 'paid',
      subtotal: '0.10',
      periodStart: '2026-06-01T00:00:00.000Z',
    });
    expect(invoice?.number).toMatch(/-0001$/);
    expect(await fixture.announced(ctx, InvoiceIssued)).toHaveLength(1);
  });

  it('has its last invoice in the books that stay, made out to it, when everything else of it is gone', async () => {
    const ctx = await usedBy('5', 300);
    await publish(ctx, TenantErased, { closedAt: '2026-06-10T00:00:00.000Z' });
    const left = (table: string) =>
      fixture.service.database.query(`SELECT FROM billing.${table} WHERE tenant_id = $1`, [ctx.tenantId]);
    await eventually(async () => (await left('billing_details')).length === 0, 30_000);
    const [summary] = await asOperator(ctx);
    const invoice = await fixture.operators.get(fixture.operator(), {
      tenantId: ctx.tenantId,
      invoiceId: summary?.id ?? '',
    });
    expect(invoice).toMatchObject({ status: 'paid', subtotal: '0.30', customer: { name: 'Enders' } });
    expect(await fixture.wallets.get(ctx, {})).toMatchObject({ status: 'closed' });
    fixture.at('2026-08-01T00:05:00.000Z');
    await fixture.run(ctx);
    expect(await asOperator(ctx)).toHaveLength(1);
    expect(await left('billing_details')).toEqual([]);
  });

  it('that used nothing, or was granted all of it, is made no invoice', async () => {
    fixture.at('2026-06-10T00:00:00.000Z');
    const ctx = await fixture.team('5', 'Idle');
    await erase(ctx);
    expect(await asOperator(ctx)).toEqual([]);
  });
});
