import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  InvoiceIssued,
  InvoiceReminded,
  LowBalanceReached,
  WalletFrozen,
  WalletUnfrozen,
  type InvoiceIssuedData,
} from '@leadwire/contracts';
import { newId } from '@leadwire/kernel';
import { FileObjectStorage } from '@leadwire/platform';
import { eventually, MailSink, type TestService } from '@leadwire/testing';
import { memberIn, signUp, startIdentity } from './identity-client.js';

describe('what owners are mailed about their money', () => {
  let service: TestService;
  let sink: MailSink;

  beforeAll(async () => {
    sink = await MailSink.start();
    service = await startIdentity({ MAIL_SMTP_URL: sink.url });
  });
  afterAll(async () => {
    await service.stop();
    await sink.stop();
  });

  const invoice = (over: Partial<InvoiceIssuedData> = {}): InvoiceIssuedData => ({
    invoiceId: newId(),
    number: 'INV-2026-000001',
    kind: 'usage',
    status: 'pending',
    total: '1234.500000',
    due: '234.500000',
    currency: 'EUR',
    dueAt: '2026-12-15T00:00:00.000Z',
    document: 'somewhere/invoice.pdf',
    ...over,
  });
  const waiting = async () =>
    (
      await service.database.query<{ count: number }>(
        `SELECT count(*)::int AS count FROM identity.deliveries WHERE template = 'invoice-issued' AND state = 'waiting'`,
      )
    )[0]?.count;

  it('an invoice reaches each owner and the address of the team once, with its PDF, however often it is told', async () => {
    const session = await signUp(service, { tenantName: 'Acme & Sons' });
    const second = await memberIn(service, session, 'owner');
    const agent = await memberIn(service, session, 'agent');
    const books = `books-${newId()}@example.com`;
    const tenantId = session.tenant.id;
    await service.database.query('UPDATE identity.tenants SET email = $2 WHERE id = $1', [tenantId, books]);
    const content = Buffer.from(`%PDF-1.7 ${'x'.repeat(200_000)}`);
    const document = `${tenantId}/invoices/${newId()}.pdf`;
    await new FileObjectStorage(service.env['OBJECT_STORAGE_DIR'] as string).put(
      document,
      Readable.from([content]),
    );
    const data = invoice({ document });
    const id = newId();
    for (let i = 0; i < 3; i++)
      await service.publish(InvoiceIssued, { tenantId, data, id, messageId: newId() });

    const sha = (bytes?: Buffer) => bytes && createHash('sha256').update(bytes).digest('hex');
    for (const address of [session.user.email, second.email, books]) {
      const mail = await sink.waitFor(address, 'Invoice INV-2026-000001');
      expect(mail.text).toContain('EUR 1,234.50');
      expect(mail.text).toContain('EUR 234.50 of it is to be paid until 2026-12-15');
      expect(mail.attachments).toMatchObject([
        { filename: 'INV-2026-000001.pdf', contentType: 'application/pdf' },
      ]);
      expect(sha(mail.attachments[0]?.content)).toBe(sha(content));
    }
    const marker = newId();
    await service.publish(InvoiceIssued, { tenantId, data: invoice({ document, number: marker }) });
    await sink.waitFor(books, marker);
    for (const address of [session.user.email, second.email, books])
      expect(sink.to(address).filter(({ subject }) => subject.includes('INV-2026-000001'))).toHaveLength(1);
    expect(sink.to(agent.email).filter(({ subject }) => subject.includes('nvoice'))).toEqual([]);
  });

  it('an owner whose address is also the team’s hears of it once', async () => {
    const session = await signUp(service);
    const { email } = session.user;
    await service.database.query('UPDATE identity.tenants SET email = $2 WHERE id = $1', [
      session.tenant.id,
      email.toUpperCase(),
    ]);
    const { document: _, ...open } = invoice();
    const data = { ...open, step: 1, suspendsAt: '2026-12-29T00:00:00.000Z' };
    await service.publish(InvoiceReminded, { tenantId: session.tenant.id, data });
    const mail = await sink.waitFor(email, 'Reminder 1');
    expect(mail.text).toContain('On 2026-12-29 (UTC) the wallet is suspended');
    await service.publish(InvoiceReminded, { tenantId: session.tenant.id, data: { ...data, step: 2 } });
    await sink.waitFor(email, 'Reminder 2');
    expect(sink.to(email).filter(({ subject }) => subject.includes('Reminder 1'))).toHaveLength(1);
  });

  it('a mail whose file is not there yet waits for it', async () => {
    const session = await signUp(service);
    await service.publish(InvoiceIssued, {
      tenantId: session.tenant.id,
      data: invoice({ document: `${session.tenant.id}/invoices/missing.pdf` }),
    });
    await eventually(async () => (await waiting()) === 1);
    expect(sink.to(session.user.email).some(({ subject }) => subject.includes('Invoice'))).toBe(false);
  });

  it('a wallet that runs low, is frozen by its audit, and goes on, is told each time, without the rows', async () => {
    const session = await signUp(service, { tenantName: 'Low & Sons' });
    const tenantId = session.tenant.id;
    const walletId = newId();
    const low = { walletId, balance: '4.200000', threshold: '5.000000', currency: 'USD' };
    await service.publish(LowBalanceReached, { tenantId, data: low });
    const lowMail = await sink.waitFor(session.user.email, 'runs low');
    expect(lowMail.text).toContain('USD 4.20 is left, less than the USD 5.00');
    const frozenAt = '2026-11-29T12:00:00.000Z';
    const reason = 'I13: every posting hashes to what it says (row)';
    await service.publish(WalletFrozen, { tenantId, data: { walletId, cause: 'audit', reason, frozenAt } });
    const frozenMail = await sink.waitFor(session.user.email, 'is frozen');
    expect(frozenMail.text).toContain('Our own audit');
    expect(frozenMail.text).not.toContain('I13');
    await service.publish(WalletUnfrozen, { tenantId, data: { walletId, cause: 'audit' } });
    await sink.waitFor(session.user.email, 'goes on');
  });

  it('a team that is gone is told nothing, and the news is not tried again', async () => {
    const tenantId = newId();
    const id = await service.publish(InvoiceIssued, { tenantId, data: invoice() });
    await eventually(async () => {
      const handled = `SELECT FROM identity.inbox WHERE consumer = 'identity__billing-notices' AND event_id = $1`;
      return (await service.database.query(handled, [id])).length === 1;
    });
  });
});
