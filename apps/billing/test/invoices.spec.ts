import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InvoiceFinalised, InvoiceIssued } from '@leadwire/contracts';
import { newId } from '@leadwire/kernel';
import { caller, eventually } from '@leadwire/testing';
import pg from 'pg';
import { extractText } from 'unpdf';
import { codeOf, InvoiceFixture } from './invoice-fixture.js';

const VAT = { name: 'VAT', percent: '19', country: 'DE', validFrom: '2020-01-01T00:00:00Z' };

describe('invoices over usage', () => {
  let fixture: InvoiceFixture;

  beforeAll(async () => {
    fixture = await InvoiceFixture.start();
    await fixture.taxes.add(fixture.operator(), VAT);
  });
  beforeEach(() => fixture.at('2026-06-10T00:00:00.000Z'));
  afterAll(async () => {
    expect(await fixture.violations()).toEqual([]);
    await fixture.stop();
  });

  it('closes the month: what was charged is paid already, its tax is collected, and the rest of a cent goes on the next', async () => {
    const ctx = await fixture.team('10', 'Acme GmbH');
    await fixture.use(ctx, 1_234, '2026-06-10T00:00:00.000Z');
    fixture.at('2026-07-01T00:02:00.000Z');
    await fixture.run(ctx);
    const june = await fixture.newest(ctx);
    expect(june).toMatchObject({
      kind: 'usage',
      status: 'paid',
      paymentMethod: 'wallet',
      number: expect.stringMatching(/^[A-Z0-9]{6}-0001$/),
      subtotal: '1.23',
      tax: '0.23',
      total: '1.46',
      prepaid: '1.23',
      due: '0.00',
      carriedOut: '0.004000',
      periodStart: '2026-06-01T00:00:00.000Z',
      periodEnd: '2026-07-01T00:00:00.000Z',
      customer: { name: 'Acme GmbH' },
      seller: { name: 'Leadwire Cloud', country: 'DE' },
      metadata: { run: 'monthly' },
    });
    expect(june.lines).toMatchObject([
      {
        line: 1,
        kind: 'usage',
        feature: 'campaigns',
        category: 'email',
        quantity: '1234.000000',
        exact: '1.234000',
        amount: '1.230000',
      },
    ]);
    expect((await fixture.wallets.get(ctx, {})).balance).toBe('8.536000');

    await fixture.use(ctx, 6, '2026-07-01T00:02:00.000Z');
    fixture.at('2026-08-01T00:02:00.000Z');
    await fixture.run(ctx);
    expect(await fixture.newest(ctx)).toMatchObject({
      number: expect.stringMatching(/-0002$/),
      subtotal: '0.01',
      tax: '0.00',
      status: 'paid',
      carriedIn: '0.004000',
      carriedOut: '0.000000',
    });
  });

  it('stores a document that says what the invoice says, announces it once, and makes it again to the byte when it is lost', async () => {
    const ctx = await fixture.team('10');
    await fixture.use(ctx, 500, '2026-06-10T00:00:00.000Z');
    fixture.at('2026-07-01T00:02:00.000Z');
    await Promise.all([fixture.run(ctx), fixture.run(ctx), fixture.run(ctx)]);
    const invoice = await fixture.newest(ctx);
    const [stored] = await Promise.all(
      [1, 2].map(() => fixture.invoices.document(ctx, { invoiceId: invoice.id })),
    );
    const path = join(fixture.service.env['OBJECT_STORAGE_DIR'] as string, stored?.objectKey as string);
    const first = await readFile(path);
    const { text } = await extractText(new Uint8Array(first), { mergePages: true });
    for (const said of [invoice.number as string, '0.50 USD', 'VAT 19 %', '1 June 2026 to 30 June 2026'])
      expect(text).toContain(said);
    expect(await fixture.announced(ctx, InvoiceIssued)).toMatchObject([
      { number: invoice.number, document: stored?.objectKey, status: 'paid', due: '0.000000', dueAt: null },
    ]);
    expect(await fixture.announced(ctx, InvoiceFinalised)).toHaveLength(1);
    await rm(path);
    await fixture.invoices.document(ctx, { invoiceId: invoice.id });
    expect((await readFile(path)).equals(first)).toBe(true);
    expect(await fixture.announced(ctx, InvoiceIssued)).toHaveLength(1);
  });

  it('replaces no document that was sent by one of other bytes: that is stored beside it, and somebody is told', async () => {
    const ctx = await fixture.team('10');
    await fixture.use(ctx, 500, '2026-06-10T00:00:00.000Z');
    const { id: invoiceId } = await fixture.ask(ctx);
    await fixture.run(ctx);
    const sent = await fixture.invoices.document(ctx, { invoiceId });
    const pathOf = ({ objectKey }: { objectKey: string }) =>
      join(fixture.service.env['OBJECT_STORAGE_DIR'] as string, objectKey);
    const bytes = await readFile(pathOf(sent));
    const alarms = async () => {
      const metrics = await (await fetch(`${await fixture.service.running.app.getUrl()}/metrics`)).text();
      return Number(/^leadwire_documents_differing_total\S* (\d+)$/m.exec(metrics)?.[1]);
    };
    await rm(pathOf(sent));
    // As a renderer of another version would have made it.
    const other = Buffer.from('another document');
    await fixture.service.database.query(
      `SET session_replication_role = replica;
       UPDATE billing.billing_invoices SET document_hash = sha256('${other.toString()}') WHERE id = '${invoiceId}';
       RESET session_replication_role`,
    );
    const remade = await fixture.invoices.document(ctx, { invoiceId });
    expect(remade).toEqual({ ...sent, objectKey: sent.objectKey.replace('.pdf', '.remade.pdf') });
    expect((await readFile(pathOf(remade))).equals(bytes)).toBe(true);
    expect(await alarms()).toBe(1);
    expect(await fixture.invoices.document(ctx, { invoiceId })).toEqual(remade);
    expect(await alarms()).toBe(1);
    await writeFile(pathOf(sent), other);
    expect(await fixture.invoices.document(ctx, { invoiceId })).toEqual(sent);
  });

  it('leads from each line to the postings and the usage behind it, page by page', async () => {
    const ctx = await fixture.team('10');
    await fixture.use(ctx, 30, '2026-06-10T00:00:00.000Z', 30);
    const asked = await fixture.ask(ctx);
    expect(asked).toMatchObject({ status: 'draft', number: null });
    await fixture.run(ctx);
    const invoiceId = asked.id;
    expect(await fixture.invoices.get(ctx, { invoiceId })).toMatchObject({
      status: 'paid',
      metadata: { run: 'on demand' },
      periodStart: '2026-06-01T00:00:00.000Z',
      periodEnd: '2026-06-10T00:01:00.000Z',
    });
    const one = await fixture.invoices.lineUsage(ctx, { invoiceId, line: 1, limit: 20 });
    const two = await fixture.invoices.lineUsage(ctx, {
      invoiceId,
      line: 1,
      limit: 20,
      cursor: one.next as string,
    });
    const all = [...one.items, ...two.items];
    expect(two.next).toBeNull();
    expect(new Set(all.map(({ transaction }) => transaction.id)).size).toBe(30);
    for (const { transaction, usage } of all)
      expect(usage).toMatchObject({ ledgerTransactionId: transaction.id, feature: 'campaigns' });
    expect(await codeOf(fixture.invoices.lineUsage(ctx, { invoiceId, line: 2 }))).toBe(
      'invoice.line_not_found',
    );
  });

  it('makes no invoice of an empty period, and says so to whoever asks for one', async () => {
    const ctx = await fixture.team('10');
    expect(await codeOf(fixture.ask(ctx))).toBe('invoice.nothing_to_invoice');
    fixture.at('2026-09-01T00:02:00.000Z');
    await fixture.run(ctx);
    expect(await fixture.all(ctx)).toEqual([]);
    await fixture.use(ctx, 20, '2026-09-01T00:02:00.000Z');
    await fixture.ask(ctx);
    await fixture.run(ctx);
    expect(await codeOf(fixture.ask(ctx))).toBe('invoice.nothing_to_invoice');
    expect(await fixture.newest(ctx)).toMatchObject({
      number: expect.stringMatching(/-0001$/),
      periodStart: '2026-09-01T00:00:00.000Z',
    });
  });

  it('asks nothing for what granted credit paid, and taxes only what was paid for', async () => {
    const ctx = await fixture.team('0');
    await fixture.service.database.query('SELECT 1');
    await fixture.invoices.list(ctx, {});
    const grant = await grantTo(fixture, ctx.tenantId, '0.1');
    expect(grant).toBe('posted');
    await fixture.use(ctx, 40, '2026-06-10T00:00:00.000Z', 40);
    fixture.at('2026-07-01T00:02:00.000Z');
    await fixture.run(ctx);
    expect(await fixture.all(ctx)).toEqual([]);
    await fixture.wallets.topUp(ctx, { amount: '5' });
    await fixture.use(ctx, 160, '2026-07-01T00:02:00.000Z', 160);
    fixture.at('2026-08-01T00:02:00.000Z');
    await fixture.run(ctx);
    const invoice = await fixture.newest(ctx);
    expect(invoice).toMatchObject({ subtotal: '0.10', tax: '0.02', status: 'paid' });
    expect(invoice.lines).toMatchObject([
      { kind: 'usage', amount: '0.200000' },
      { kind: 'granted', amount: '-0.100000' },
    ]);
    const { items } = await fixture.invoices.lineUsage(ctx, { invoiceId: invoice.id, line: 2, limit: 100 });
    expect(items.length).toBe(100);
  });

  it('waits for the tax that the wallet does not cover, and collects it from the next top-up', async () => {
    const ctx = await fixture.team('1');
    await fixture.use(ctx, 1_000, '2026-06-10T00:00:00.000Z');
    fixture.at('2026-07-01T00:02:00.000Z');
    await fixture.run(ctx);
    const invoice = await fixture.newest(ctx);
    expect(invoice).toMatchObject({
      status: 'pending',
      prepaid: '1.00',
      due: '0.19',
      dueAt: '2026-07-15T00:02:00.000Z',
    });
    await fixture.wallets.topUp(ctx, { amount: '0.10' });
    await fixture.run(ctx);
    expect(await fixture.newest(ctx)).toMatchObject({ status: 'pending' });
    await fixture.wallets.topUp(ctx, { amount: '0.10' });
    const paid = await eventually(async () => {
      const now = await fixture.newest(ctx);
      return now.status === 'paid' && now;
    });
    expect(paid).toMatchObject({
      paymentMethod: 'wallet',
      due: '0.00',
      ledgerTransactionId: expect.any(String),
    });
    expect((await fixture.wallets.get(ctx, {})).balance).toBe('0.010000');
  });

  it('is made out as the team says, taxed where it is, and keeps what it says for ever', async () => {
    const ctx = await fixture.team('10');
    const details = {
      company: 'Wien Mail OG',
      addressLine1: 'Ring 1',
      addressLine2: null,
      postalCode: '1010',
      city: 'Wien',
      region: null,
      country: 'AT',
      vatId: 'atu 13585627',
      purchaseOrder: 'PO 7',
    };
    expect(await fixture.details.set(ctx, details)).toMatchObject({
      vatId: 'ATU13585627',
      invoiceName: 'Wien Mail OG',
      taxes: [],
      taxNote: expect.stringContaining('Reverse charge'),
    });
    for (const wrong of [{ vatId: 'ATU13585628' }, { country: 'ZZ', vatId: null }, { country: null }])
      expect(await codeOf(fixture.details.set(ctx, { ...details, ...wrong }))).toBe('request.invalid');
    await fixture.use(ctx, 100, '2026-06-10T00:00:00.000Z');
    await fixture.ask(ctx);
    await fixture.run(ctx);
    await fixture.details.set(ctx, { ...details, company: 'Other' });
    expect(await fixture.newest(ctx)).toMatchObject({
      tax: '0.00',
      taxNote: expect.stringContaining('Reverse charge'),
      customer: { name: 'Wien Mail OG', vatId: 'ATU13585627', purchaseOrder: 'PO 7' },
    });
    const client = new pg.Client({ connectionString: fixture.service.database.url('billing', 'app') });
    await client.connect();
    await client.query(`SELECT set_config('app.tenant_id', $1, false)`, [ctx.tenantId]);
    for (const change of [
      `UPDATE billing_invoices SET total = total + 1, tax = tax + 1`,
      `UPDATE billing_invoices SET invoice_number = 'X-1'`,
      `UPDATE billing_invoices SET customer = '{}'`,
      `UPDATE billing_invoices SET status = 'draft'`,
      `UPDATE billing_invoices SET status = 'voided', voided_at = now()`,
      `DELETE FROM billing_invoices`,
    ])
      expect(await codeOf(client.query(change))).toBe('42501');
    await client.end();
  });

  it('is nobody else’s, and nothing for who may not read billing', async () => {
    const ctx = await fixture.team('10');
    await fixture.use(ctx, 10, '2026-06-10T00:00:00.000Z');
    const { id: invoiceId } = await fixture.ask(ctx);
    await fixture.run(ctx);
    const other = caller();
    for (const call of [
      fixture.invoices.get(other, { invoiceId }),
      fixture.invoices.document(other, { invoiceId }),
      fixture.invoices.finalise(other, { invoiceId }),
      fixture.invoices.discard(other, { invoiceId }),
      fixture.invoices.lineUsage(other, { invoiceId, line: 1 }),
      fixture.invoices.get(ctx, { invoiceId: newId() }),
    ])
      expect(await codeOf(call)).toBe('invoice.not_found');
    const agent = caller('agent', { tenantId: ctx.tenantId });
    expect(await codeOf(fixture.invoices.list(agent, {}))).toBe('request.forbidden');
    expect(await codeOf(fixture.invoices.create(caller('admin'), { kind: 'usage' }))).toBe(
      'request.forbidden',
    );
    expect(await codeOf(fixture.operators.list(ctx, { tenantId: ctx.tenantId }))).toBe('request.forbidden');
  });
});

/** Credit that nobody paid for, as a promotion gives it. */
async function grantTo(fixture: InvoiceFixture, tenantId: string, value: string): Promise<string> {
  const { PostingQueue } = await import('../src/ledger/posting-queue.js');
  const { amount, systemCtx } = await import('@leadwire/kernel');
  const answer = await fixture.service.running.app.get(PostingQueue).submit(systemCtx(tenantId), {
    kind: 'credit',
    amount: amount(value),
    referenceType: 'manual',
    key: newId(),
    source: 'promotional',
  });
  return answer.outcome;
}
