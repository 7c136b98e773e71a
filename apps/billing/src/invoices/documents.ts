import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import {
  CreditNoteIssued,
  creditNoteErrors,
  invoiceErrors,
  InvoiceIssued,
  type StoredDocument,
} from '@leadwire/contracts';
import { AppError, amount, assert, Clock, moneyText, systemCtx, type Ctx } from '@leadwire/kernel';
import { TenantTransaction, type TenantDb } from '@leadwire/persistence';
import { ObjectStorage } from '@leadwire/platform';
import { FIND_CREDIT_NOTE } from './credit-notes.queries.js';
import type { WholeCreditNoteRow } from './credit-note-row.js';
import {
  CREDIT_NOTES_WITHOUT_DOCUMENT,
  INVOICES_WITHOUT_DOCUMENT,
  KEEP_CREDIT_NOTE_DOCUMENT,
  KEEP_INVOICE_DOCUMENT,
} from './documents.queries.js';
import { momentOf, type InvoiceRow } from './invoice-row.js';
import { FIND_INVOICE } from './invoices.queries.js';
import { printedCreditNote, printedInvoice, type Printed } from './pdf/printed.js';
import { renderPdf } from './pdf/render.js';
import { planNext } from './upkeep.js';

const DOCUMENTS_AT_ONCE = 10;

/**
 * Makes the PDF of each invoice and credit note after it was committed, stores it, and says in the transaction that keeps its key that
 * it can be sent. Whoever dies in between leaves it to the next, who makes the same bytes under the same key.
 */
@Injectable()
export class Documents {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(ObjectStorage) private readonly storage: ObjectStorage,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** Makes some of those that wait. @returns how many */
  async make(tenantId: string): Promise<number> {
    const ctx = systemCtx(tenantId);
    const params = [tenantId, DOCUMENTS_AT_ONCE];
    const invoices = await this.tenant.read<{ id: string }>(ctx, INVOICES_WITHOUT_DOCUMENT, params);
    const notes = await this.tenant.read<{ id: string }>(ctx, CREDIT_NOTES_WITHOUT_DOCUMENT, params);
    for (const { id } of invoices) await this.ofInvoice(systemCtx(tenantId), id);
    for (const { id } of notes) await this.ofCreditNote(systemCtx(tenantId), id);
    const count = invoices.length + notes.length;
    await this.tenant.run(systemCtx(tenantId), (db) => planNext(db, this.clock.now()));
    return count;
  }

  /**
   * Where the document of an invoice is stored; one that is not there, or no longer, is made.
   * @throws AppError `invoice.not_found` | `invoice.no_document`
   */
  async ofInvoice(ctx: Ctx, id: string): Promise<StoredDocument> {
    const [invoice] = await this.tenant.read<InvoiceRow>(ctx, FIND_INVOICE, [ctx.tenantId, id]);
    if (!invoice) throw invoiceErrors.not_found();
    const { number, finalisedAt, seller, customer, documentKey } = invoice;
    if (!number || !finalisedAt || !seller || !customer) throw invoiceErrors.no_document();
    const stored = { objectKey: keyOf(ctx.tenantId, number), filename: `${number}.pdf` };
    if (documentKey && (await this.isThere(documentKey))) return stored;
    const hash = await this.store(
      stored.objectKey,
      printedInvoice({ ...invoice, number, finalisedAt, seller, customer }),
    );
    if (!documentKey)
      await this.keep(ctx, KEEP_INVOICE_DOCUMENT, [id, stored.objectKey, hash], (db) =>
        announceInvoice(db, id, stored),
      );
    return stored;
  }

  /** @throws AppError `credit_note.not_found` */
  async ofCreditNote(ctx: Ctx, id: string): Promise<StoredDocument> {
    const [note] = await this.tenant.read<WholeCreditNoteRow>(ctx, FIND_CREDIT_NOTE, [ctx.tenantId, id]);
    if (!note) throw creditNoteErrors.not_found();
    const stored = { objectKey: keyOf(ctx.tenantId, note.number), filename: `${note.number}.pdf` };
    if (note.documentKey && (await this.isThere(note.documentKey))) return stored;
    const hash = await this.store(stored.objectKey, printedCreditNote(note));
    if (!note.documentKey)
      await this.keep(ctx, KEEP_CREDIT_NOTE_DOCUMENT, [id, stored.objectKey, hash], (db) =>
        announceCreditNote(db, note, stored),
      );
    return stored;
  }

  private async store(key: string, printed: Printed): Promise<Buffer> {
    const pdf = await renderPdf(printed);
    await this.storage.put(key, Readable.from([pdf]));
    return createHash('sha256').update(pdf).digest();
  }

  // Of several who made it, one is first, and announces it.
  private async keep(
    { tenantId }: Ctx,
    sql: string,
    params: unknown[],
    announce: (db: TenantDb) => Promise<void> | void,
  ): Promise<void> {
    await this.tenant.run(systemCtx(tenantId), async (db) => {
      if ((await db.execute(sql, [tenantId, ...params])) > 0) await announce(db);
    });
  }

  private async isThere(key: string): Promise<boolean> {
    try {
      (await this.storage.get(key)).destroy();
      return true;
    } catch (error) {
      if (error instanceof AppError && error.code === 'object.not_found') return false;
      throw error;
    }
  }
}

/** Beside the folders of tenants, which go when a tenant is erased: books stay. */
const keyOf = (tenantId: string, number: string): string => `invoices/${tenantId}/${number}.pdf`;

async function announceInvoice(db: TenantDb, id: string, { objectKey }: StoredDocument): Promise<void> {
  const [invoice] = await db.query<InvoiceRow>(FIND_INVOICE, [db.tenantId, id]);
  assert(invoice, 'an invoice that was kept can be read');
  const data = { ...momentOf(invoice), document: objectKey };
  db.emit(InvoiceIssued, id, data, { version: invoice.version });
}

function announceCreditNote(db: TenantDb, note: WholeCreditNoteRow, { objectKey }: StoredDocument): void {
  const { id, number, invoiceId, invoiceNumber, total, currency, reason } = note;
  db.emit(CreditNoteIssued, id, {
    creditNoteId: id,
    number,
    invoiceId,
    invoiceNumber,
    total: moneyText(amount(total)),
    currency,
    reason,
    document: objectKey,
  });
}
