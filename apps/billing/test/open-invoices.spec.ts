import {
  CreditNoteIssued,
  InvoiceOverdue,
  InvoicePaid,
  InvoiceReminded,
  InvoiceVoided,
} from '@leadwire/contracts';
import { newId, systemCtx, type Ctx } from '@leadwire/kernel';
import { eventually } from '@leadwire/testing';
import { WalletTransaction } from '../src/ledger/wallet-transaction.js';
import { setSuspended } from '../src/wallets/suspensions.js';
import { codeOf, InvoiceFixture } from './invoice-fixture.js';

const NOW = '2026-06-10T00:00:00.000Z';

describe('invoices that wait to be paid', () => {
  let fixture: InvoiceFixture;

  beforeAll(async () => {
    fixture = await InvoiceFixture.start();
    const validFrom = '2020-01-01T00:00:00Z';
    await fixture.taxes.add(fixture.operator(), { name: 'VAT', percent: '19', country: 'DE', validFrom });
  });
  beforeEach(() => fixture.at(NOW));
  afterAll(async () => {
    const broken = await fixture.violations();
    await fixture.stop();
    expect(broken).toEqual([]);
  });

  const refOf = (ctx: Ctx, invoiceId: string) => ({ tenantId: ctx.tenantId, invoiceId });
  /** An invoice of 1.00 and 0.19 tax, which the wallet does not cover. */
  const unpaid = async (): Promise<{ ctx: Ctx; invoiceId: string }> => {
    const ctx = await fixture.team('1');
    await fixture.use(ctx, 1_000, NOW);
    const { id } = await fixture.ask(ctx);
    await fixture.run(ctx);
    expect(await fixture.newest(ctx)).toMatchObject({ status: 'pending', due: '0.19' });
    return { ctx, invoiceId: id };
  };
  const statusOf = async (ctx: Ctx) => (await fixture.newest(ctx)).status;

  it('become overdue, are reminded of, suspend the wallet, and open it again when they are paid', async () => {
    const { ctx } = await unpaid();
    fixture.at('2026-06-24T00:02:00.000Z');
    await fixture.run(ctx);
    expect(await statusOf(ctx)).toBe('overdue');
    expect(await fixture.announced(ctx, InvoiceOverdue)).toMatchObject([
      { due: '0.190000', status: 'overdue' },
    ]);
    fixture.at('2026-06-26T00:00:00.000Z');
    await fixture.run(ctx);
    expect(await fixture.announced(ctx, InvoiceReminded)).toEqual([]);
    fixture.at('2026-06-27T00:02:00.000Z');
    await Promise.all([fixture.run(ctx), fixture.run(ctx)]);
    expect(await fixture.announced(ctx, InvoiceReminded)).toMatchObject([
      { step: 1, suspendsAt: '2026-07-04T00:01:00.000Z' },
    ]);
    expect((await fixture.wallets.get(ctx, {})).status).toBe('active');
    fixture.at('2026-07-04T00:02:00.000Z');
    await fixture.run(ctx);
    expect((await fixture.announced(ctx, InvoiceReminded))[1]).toMatchObject({ step: 2, suspendsAt: null });
    expect((await fixture.wallets.get(ctx, {})).status).toBe('suspended');

    await fixture.wallets.topUp(ctx, { amount: '0.50' });
    await eventually(async () => (await statusOf(ctx)) === 'paid');
    expect(await fixture.wallets.get(ctx, {})).toMatchObject({ status: 'active', balance: '0.310000' });
    expect(await fixture.announced(ctx, InvoicePaid)).toMatchObject([
      { paymentMethod: 'wallet', due: '0.000000' },
    ]);
  });

  it('are paid by a transfer that an operator notes, once', async () => {
    const { ctx, invoiceId } = await unpaid();
    const note = { ...refOf(ctx, invoiceId), method: 'bank_transfer', reference: 'Statement 7, line 3' };
    const notes = await Promise.all(
      [1, 2, 3].map(() => codeOf(fixture.operators.markPaid(fixture.operator(), note))),
    );
    expect(notes.sort()).toEqual(['invoice.not_open', 'invoice.not_open', 'ok']);
    expect(await fixture.newest(ctx)).toMatchObject({
      status: 'paid',
      paymentMethod: 'bank_transfer',
      metadata: { paymentReference: 'Statement 7, line 3' },
    });
    expect((await fixture.wallets.get(ctx, {})).balance).toBe('0.000000');
  });

  it('are voided with their reason, and what they were about is on the next one, under the next number', async () => {
    const { ctx, invoiceId } = await unpaid();
    const voided = await fixture.operators.void(fixture.operator(), {
      ...refOf(ctx, invoiceId),
      reason: 'Wrong rate',
    });
    expect(voided).toMatchObject({ status: 'voided', due: '0.00', metadata: { voided: 'Wrong rate' } });
    expect(await fixture.announced(ctx, InvoiceVoided)).toMatchObject([{ reason: 'Wrong rate' }]);
    expect(
      await codeOf(fixture.operators.void(fixture.operator(), { ...refOf(ctx, invoiceId), reason: 'x' })),
    ).toBe('invoice.not_open');
    await fixture.ask(ctx);
    await fixture.run(ctx);
    const next = await fixture.newest(ctx);
    expect(next).toMatchObject({
      number: expect.stringMatching(/-0002$/),
      subtotal: '1.00',
      status: 'pending',
    });

    expect(
      await codeOf(
        fixture.operators.credit(fixture.operator(), { ...refOf(ctx, next.id), reason: 'x', key: newId() }),
      ),
    ).toBe('invoice.not_creditable');
  });

  it('for credit: a draft is finalised or discarded, and its payment tops the wallet up exactly once', async () => {
    const ctx = await fixture.team('0');
    for (const amount of ['0', '-1', '10.001', '1000001', undefined])
      expect(await codeOf(fixture.invoices.create(ctx, { kind: 'credit', amount }))).toBe('request.invalid');
    expect(await codeOf(fixture.invoices.create(ctx, { kind: 'usage', amount: '1' }))).toBe(
      'request.invalid',
    );
    const discarded = await fixture.invoices.create(ctx, { kind: 'credit', amount: '10' });
    expect(await codeOf(fixture.invoices.document(ctx, { invoiceId: discarded.id }))).toBe(
      'invoice.no_document',
    );
    await fixture.invoices.discard(ctx, { invoiceId: discarded.id });
    const { id: invoiceId } = await fixture.invoices.create(ctx, { kind: 'credit', amount: '500.00' });
    const pending = await fixture.invoices.finalise(ctx, { invoiceId });
    expect(pending).toMatchObject({
      status: 'pending',
      number: expect.stringMatching(/-0001$/),
      total: '500.00',
      tax: '0.00',
      due: '500.00',
      taxNote: expect.stringContaining('voucher'),
    });
    expect(await codeOf(fixture.invoices.finalise(ctx, { invoiceId }))).toBe('invoice.not_a_draft');
    expect(await codeOf(fixture.invoices.discard(ctx, { invoiceId }))).toBe('invoice.not_a_draft');
    const note = { ...refOf(ctx, invoiceId), method: 'bank_transfer', reference: 'B1' };
    await Promise.all([1, 2, 3].map(() => codeOf(fixture.operators.markPaid(fixture.operator(), note))));
    expect((await fixture.wallets.get(ctx, {})).balance).toBe('500.000000');
    expect(await fixture.newest(ctx)).toMatchObject({
      status: 'paid',
      ledgerTransactionId: expect.any(String),
    });
  });

  it('for credit lapse when nobody pays: no reminder, no suspended wallet', async () => {
    const ctx = await fixture.team('5');
    const { id: invoiceId } = await fixture.invoices.create(ctx, { kind: 'credit', amount: '5' });
    await fixture.invoices.finalise(ctx, { invoiceId });
    fixture.at('2026-06-24T00:02:00.000Z');
    await fixture.run(ctx);
    expect(await statusOf(ctx)).toBe('overdue');
    fixture.at('2026-07-05T00:02:00.000Z');
    await fixture.run(ctx);
    expect(await statusOf(ctx)).toBe('voided');
    expect(await fixture.announced(ctx, InvoiceReminded)).toEqual([]);
    expect((await fixture.wallets.get(ctx, {})).status).toBe('active');
  });

  it('keep a wallet whose dispute is settled suspended only when they suspend it themselves', async () => {
    const { app } = fixture.service.running;
    const dispute = (ctx: Ctx, owed: boolean) =>
      app
        .get(WalletTransaction)
        .run(systemCtx(ctx.tenantId), (db, { id }) => setSuspended(db, id, 'dispute', owed));
    const walletOf = async (ctx: Ctx) => (await fixture.wallets.get(ctx, {})).status;
    const { ctx } = await unpaid();
    const { id: invoiceId } = await fixture.invoices.create(ctx, { kind: 'credit', amount: '5' });
    await fixture.invoices.finalise(ctx, { invoiceId });
    await dispute(ctx, true);
    fixture.at('2026-06-24T00:03:00.000Z');
    await fixture.run(ctx);
    expect((await fixture.all(ctx)).map(({ status }) => status)).toEqual(['overdue', 'overdue']);
    expect(await walletOf(ctx)).toBe('suspended');
    await dispute(ctx, false);
    expect(await walletOf(ctx)).toBe('active');

    fixture.at('2026-06-27T00:03:00.000Z');
    await fixture.run(ctx);
    fixture.at('2026-07-04T00:02:00.000Z');
    await fixture.run(ctx);
    await dispute(ctx, true);
    await dispute(ctx, false);
    expect(await walletOf(ctx)).toBe('suspended');
    await fixture.wallets.topUp(ctx, { amount: '0.50' });
    await eventually(async () => (await walletOf(ctx)) === 'active');
  });

  it('for credit that lapse open the wallet that is suspended for nothing else', async () => {
    const ctx = await fixture.team('5');
    const { id: invoiceId } = await fixture.invoices.create(ctx, { kind: 'credit', amount: '5' });
    await fixture.invoices.finalise(ctx, { invoiceId });
    fixture.at('2026-06-24T00:02:00.000Z');
    await fixture.run(ctx);
    // As earlier versions left it when a dispute was settled while any invoice was overdue.
    await fixture.service.database.query(
      `UPDATE billing.billing_wallets SET status = 'suspended' WHERE tenant_id = $1`,
      [ctx.tenantId],
    );
    fixture.at('2026-07-05T00:02:00.000Z');
    await fixture.run(ctx);
    expect(await statusOf(ctx)).toBe('voided');
    expect((await fixture.wallets.get(ctx, {})).status).toBe('active');
  });

  it('once paid are credited in part and in whole, with their tax, in a series of its own, never more than they asked for', async () => {
    const ctx = await fixture.team('10');
    await fixture.use(ctx, 1_000, NOW);
    await fixture.ask(ctx);
    await fixture.run(ctx);
    const { id, number } = await fixture.newest(ctx);
    const credit = (over: { amount?: string; key?: string }) =>
      fixture.operators.credit(fixture.operator(), {
        ...refOf(ctx, id),
        reason: 'Outage',
        key: newId(),
        ...over,
      });
    const key = newId();
    const [first, again] = [await credit({ amount: '0.30', key }), await credit({ amount: '0.30', key })];
    expect(again).toEqual(first);
    expect(first).toMatchObject({
      number: expect.stringMatching(/-C0001$/),
      invoiceNumber: number,
      subtotal: '0.30',
      tax: '0.06',
      total: '0.36',
    });
    expect(await codeOf(credit({ amount: '0.701' }))).toBe('request.invalid');
    expect(await codeOf(credit({ amount: '0.71' }))).toBe('invoice.over_credited');
    expect(await credit({})).toMatchObject({
      number: expect.stringMatching(/-C0002$/),
      subtotal: '0.70',
      tax: '0.13',
    });
    expect(await codeOf(credit({}))).toBe('invoice.over_credited');
    expect((await fixture.wallets.get(ctx, {})).balance).toBe('10.000000');
    expect(await fixture.newest(ctx)).toMatchObject({ status: 'paid', credited: '1.19' });
    await fixture.run(ctx);
    expect(await fixture.announced(ctx, CreditNoteIssued)).toMatchObject([
      { total: '0.360000' },
      { total: '0.830000' },
    ]);
    const { items } = await fixture.invoices.listCreditNotes(ctx, { invoiceId: id });
    expect(items).toHaveLength(2);
    // What was given back is money like any other: used again, it is invoiced again.
    await fixture.use(ctx, 100, NOW);
    await fixture.ask(ctx);
    await fixture.run(ctx);
    expect(await fixture.newest(ctx)).toMatchObject({
      subtotal: '0.10',
      number: expect.stringMatching(/-0002$/),
    });
  });
});
