import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import { extractText, getDocumentProxy, getMeta } from 'unpdf';
import type { InvoiceLine } from '@leadwire/contracts';
import type { InvoiceRow } from '../invoice-row.js';
import { printedCreditNote, printedInvoice } from './printed.js';
import { renderPdf } from './render.js';

const seller = {
  name: 'Leadwire Cloud GmbH',
  address: 'Hauptstraße 1\n10115 Berlin\nGermany',
  country: 'DE',
  vatId: 'DE811569869',
  paymentTerms: 'IBAN DE02 1203 0000 0000 2020 51',
};
const customer = {
  name: 'Łódź Growth & Söhne',
  addressLine1: 'ul. Piotrkowska 12',
  addressLine2: null,
  postalCode: '90-001',
  city: 'Łódź',
  region: null,
  country: 'PL',
  vatId: 'PL5260001246',
  purchaseOrder: 'PO-2026-17',
};
const line = (n: number, over: Partial<InvoiceLine> = {}): InvoiceLine => ({
  line: n,
  kind: 'usage',
  description: 'campaigns: email smtp, per message',
  feature: 'campaigns',
  category: 'email',
  provider: 'smtp',
  model: null,
  unit: 'message',
  priceId: null,
  quantity: '12345.000000',
  unitPrice: '0.0010000000',
  exact: '12.345000',
  amount: '12.340000',
  ...over,
});
const invoice = (over: Partial<InvoiceRow> = {}) =>
  ({
    id: '019aa000-0000-7000-8000-000000000001',
    number: 'K7Q2MX-0001',
    kind: 'usage',
    status: 'paid',
    currency: 'EUR',
    subtotal: '1234.560000',
    tax: '234.570000',
    total: '1469.130000',
    prepaid: '1234.560000',
    periodStart: new Date('2026-06-01T00:00:00Z'),
    periodEnd: new Date('2026-07-01T00:00:00Z'),
    dueAt: new Date('2026-07-15T00:01:00Z'),
    finalisedAt: new Date('2026-07-01T00:01:00Z'),
    paidAt: null,
    lines: [
      line(1),
      line(2, {
        description: 'voice: llm openai gpt-5-mini, per token',
        quantity: '98123456.000000',
        unitPrice: '0.0000020000',
        amount: '1224.720000',
      }),
      line(3, {
        kind: 'granted',
        description: 'Covered by granted credit',
        quantity: null,
        unitPrice: null,
        amount: '-2.500000',
      }),
    ],
    taxes: [{ name: 'VAT', percent: '19.0000', base: '1234.560000', amount: '234.570000' }],
    taxNote: null,
    seller,
    customer,
    ...over,
  }) as never;
/**
 * The hash of all that a document is made of, its streams inflated. That of the file would change with Node's zlib, which deflates
 * otherwise from version to version and from processor to processor.
 */
function contentHash(pdf: Buffer): string {
  const hash = createHash('sha256');
  for (const [, object = ''] of pdf.toString('latin1').matchAll(/^\d+ \d+ obj\n(.*?)\nendobj$/gms)) {
    const [head = '', stream] = object.split('\nstream\n');
    hash.update(head.replace(/\/Length \d+/, ''), 'latin1');
    if (stream === undefined) continue;
    const bytes = Buffer.from(stream.slice(0, stream.lastIndexOf('\nendstream')), 'latin1');
    hash.update(head.includes('/FlateDecode') ? inflateSync(bytes) : bytes);
  }
  return hash.digest('hex');
}
const textOf = async (pdf: Buffer) => {
  const { text } = await extractText(new Uint8Array(pdf), { mergePages: true });
  return text;
};

describe('the document of an invoice', () => {
  it('says all that an invoice must say, as text that can be read, searched and spoken', async () => {
    const pdf = await renderPdf(printedInvoice(invoice()));
    const keep = process.env['KEEP_PDF'];
    if (keep) writeFileSync(`${keep}/invoice.pdf`, pdf);
    const text = await textOf(pdf);
    for (const said of [
      'Invoice',
      'K7Q2MX-0001',
      '1 July 2026',
      '1 June 2026 to 30 June 2026 (UTC)',
      'Due by',
      '15 July 2026',
      'Leadwire Cloud GmbH',
      'Hauptstraße 1',
      'VAT id DE811569869',
      'Łódź Growth & Söhne',
      'VAT id PL5260001246',
      'PO-2026-17',
      '12,345',
      '0.001',
      '12.34 EUR',
      'Covered by granted credit',
      '−2.50 EUR',
      'VAT 19 %',
      '234.57 EUR',
      '1,469.13 EUR',
      'Paid from your wallet',
      'IBAN DE02 1203 0000 0000 2020 51',
      'Page 1 of 1',
    ])
      expect(text).toContain(said);
    const meta = await getMeta(new Uint8Array(pdf));
    expect(meta.info).toMatchObject({
      Title: 'Invoice K7Q2MX-0001',
      Author: 'Leadwire Cloud GmbH',
      Language: 'en',
    });
    const proxy = await getDocumentProxy(new Uint8Array(pdf));
    const marks = (await proxy.getMarkInfo()) as { Marked: boolean } | null;
    expect(marks?.Marked).toBe(true);
    const tree = JSON.stringify(await (await proxy.getPage(1)).getStructTree());
    for (const role of ['"H1"', '"H2"', '"Table"', '"TR"', '"TH"', '"TD"', '"P"'])
      expect(tree).toContain(role);
  });

  it('is the same to the last byte whenever it is made, and another for another invoice', async () => {
    const [one, two] = [
      await renderPdf(printedInvoice(invoice())),
      await renderPdf(printedInvoice(invoice())),
    ];
    expect(one.equals(two)).toBe(true);
    const later = invoice({ paidAt: new Date('2026-07-09T00:00:00Z'), metadata: { note: 'x' } } as never);
    expect((await renderPdf(printedInvoice(later))).equals(one)).toBe(true);
    expect((await renderPdf(printedInvoice(invoice({ number: 'K7Q2MX-0002' })))).equals(one)).toBe(false);
  });

  it('has the content that it had in earlier versions, or documents that were lost can no longer be made again to the byte', async () => {
    expect(contentHash(await renderPdf(printedInvoice(invoice())))).toBe(
      '9b0faaf6c7ba6df2a9e4bf2ab8aeb8e6ef3ed87a28445a5e708d109d70b8cc42',
    );
  });

  it('says that nothing is due where all was paid when it was made', async () => {
    const text = await textOf(
      await renderPdf(printedInvoice(invoice({ paidAt: new Date('2026-07-01T00:01:00Z') }))),
    );
    expect(text).toContain('0.00 EUR');
    expect(text).not.toContain('Due by');
  });

  it('goes on on further pages, each with the head of the table and its number', async () => {
    const lines = Array.from({ length: 80 }, (_, i) => line(i + 1));
    const pdf = await renderPdf(printedInvoice(invoice({ lines })));
    const keep = process.env['KEEP_PDF'];
    if (keep) writeFileSync(`${keep}/long.pdf`, pdf);
    const text = await textOf(pdf);
    const pages = Number(/Page 1 of (\d)/.exec(text)?.[1]);
    expect(pages).toBeGreaterThan(2);
    expect(text.split('Unit price').length - 1).toBe(pages);
    expect(text).toContain(`Page ${pages} of ${pages}`);
  });

  it('of a credit note names the invoice that it corrects, and why', async () => {
    const text = await textOf(
      await renderPdf(
        printedCreditNote({
          ...(invoice() as object),
          number: 'K7Q2MX-C0001',
          invoiceNumber: 'K7Q2MX-0001',
          reason: 'Outage on 3 June',
          createdAt: new Date('2026-07-03T00:00:00Z'),
        } as never),
      ),
    );
    for (const said of [
      'Credit note',
      'K7Q2MX-C0001',
      'K7Q2MX-0001',
      'Reason: Outage on 3 June',
      'Added to your wallet',
    ])
      expect(text).toContain(said);
  });
});
