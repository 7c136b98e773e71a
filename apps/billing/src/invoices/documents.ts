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
import { LOGGER, Metrics, ObjectStorage, type Logger } from '@leadwire/platform';
import { FIND_CREDIT_NOTE } from './credit-notes.queries.js';
import type { WholeCreditNoteRow } from './credit-note-row.js';
import {
  CREDIT_NOTES_WITHOUT_DOCUMENT,
  INVOICES_WITHOUT_DOCUMENT,
  KEEP_CREDIT_NOTE_DOCUMENT,
  KEEP_INVOICE_DOCUMENT,
  TAKE_CREDIT_NOTE_DOCUMENT,
  TAKE_INVOICE_DOCUMENT,
} from './documents.queries.js';
import { momentOf, type InvoiceRow } from './invoice-row.js';
import { FIND_INVOICE } from './invoices.queries.js';
import { printedCreditNote, printedInvoice, type Printed } from './pdf/printed.js';
import { renderPdf } from './pdf/render.js';
import { planNext } from './upkeep.js';

const DOCUMENTS_AT_ONCE = 10;

/** A document, where its row says that it is stored, and what keeps that. */
type Due = {
  tenantId: string;
  id: string;
  number: string;
  documentKey: string | null;
  documentHash: string | null;
  printed: Printed;
  take: string;
  keep: string;
  announce: (db: TenantDb, stored: StoredDocument) => Promise<void> | void;
};

/**
 * Makes the PDF of each invoice and credit note after it was committed, stores it, and says in the same transaction where it is and that
 * it can be sent. Whoever dies in between leaves it to the next. What was sent is never replaced: lost, it is made again under its key
 * only when that gives the same bytes; others are stored beside it, and somebody is told.
 */
@Injectable()
export class Documents {
  private readonly differing;

  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(ObjectStorage) private readonly storage: ObjectStorage,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(Metrics) metrics: Metrics,
  ) {
    this.differing = metrics.counter(
      'leadwire_documents_differing_total',
      'Lost documents that were made again with other bytes.',
      [],
    );
  }

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
    const { tenantId, number, finalisedAt, seller, customer, documentKey, documentHash } = invoice;
    if (!number || !finalisedAt || !seller || !customer) throw invoiceErrors.no_document();
    return this.stored({
      ...{ tenantId, id, number, documentKey, documentHash },
      printed: printedInvoice({ ...invoice, number, finalisedAt, seller, customer }),
      take: TAKE_INVOICE_DOCUMENT,
      keep: KEEP_INVOICE_DOCUMENT,
      announce: (db, stored) => announceInvoice(db, id, stored),
    });
  }

  /** @throws AppError `credit_note.not_found` */
  async ofCreditNote(ctx: Ctx, id: string): Promise<StoredDocument> {
    const { tenantId } = ctx;
    const [note] = await this.tenant.read<WholeCreditNoteRow>(ctx, FIND_CREDIT_NOTE, [tenantId, id]);
    if (!note) throw creditNoteErrors.not_found();
    const { number, documentKey, documentHash } = note;
    return this.stored({
      ...{ tenantId, id, number, documentKey, documentHash },
      printed: printedCreditNote(note),
      take: TAKE_CREDIT_NOTE_DOCUMENT,
      keep: KEEP_CREDIT_NOTE_DOCUMENT,
      announce: (db, stored) => announceCreditNote(db, note, stored),
    });
  }

  private async stored(due: Due): Promise<StoredDocument> {
    const { tenantId, number, documentKey, documentHash } = due;
    const filename = `${number}.pdf`;
    const original = keyOf(tenantId, number);
    const remade = remadeKeyOf(tenantId, number);
    if (documentKey)
      for (const objectKey of [original, remade])
        if (await this.isThere(objectKey)) return { objectKey, filename };
    const pdf = await renderPdf(due.printed);
    const hash = createHash('sha256').update(pdf).digest();
    if (!documentKey) return this.storeFirst(due, { objectKey: original, filename }, { pdf, hash });
    const same = documentHash === null || documentHash === hash.toString('hex');
    if (!same) this.report(due, hash, remade);
    const objectKey = same ? original : remade;
    await this.storage.put(objectKey, Readable.from([pdf]));
    return { objectKey, filename };
  }

  /** Of several who made it, one is first, and stores and announces it; the row is held while it is stored. */
  private async storeFirst(
    { tenantId, id, take, keep, announce }: Due,
    stored: StoredDocument,
    { pdf, hash }: { pdf: Buffer; hash: Buffer },
  ): Promise<StoredDocument> {
    await this.tenant.run(systemCtx(tenantId), async (db) => {
      if ((await db.query(take, [tenantId, id])).length === 0) return;
      await this.storage.put(stored.objectKey, Readable.from([pdf]));
      await db.execute(keep, [tenantId, id, stored.objectKey, hash]);
      await announce(db, stored);
    });
    return stored;
  }

  private report({ tenantId, id, number, documentHash }: Due, hash: Buffer, objectKey: string): void {
    this.differing.inc();
    this.logger.error(
      { tenantId, id, number, sent: documentHash, made: hash.toString('hex'), objectKey },
      'a lost document could be made again with other bytes only: bring back the one that was sent, from a backup or its mail',
    );
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
const remadeKeyOf = (tenantId: string, number: string): string => `invoices/${tenantId}/${number}.remade.pdf`;

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
