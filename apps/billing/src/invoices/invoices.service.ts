import { Inject } from '@nestjs/common';
import {
  invoiceErrors,
  invoicesApi,
  TOP_UP_MAX,
  type CreateInvoice,
  type CreditNote,
  type CreditNoteRef,
  type Invoice,
  type InvoiceLineUsage,
  type InvoiceRef,
  type InvoicesApi,
  type InvoiceSummary,
  type ListCreditNotes,
  type ListInvoiceLineUsage,
  type ListInvoices,
  type Page,
  type StoredDocument,
} from '@leadwire/contracts';
import {
  amount,
  assert,
  Clock,
  minorUnitText,
  newId,
  requestErrors,
  roundToMinorUnit,
  type Amount,
  type Ctx,
} from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { Cursors, TenantTransaction, type TenantDb } from '@leadwire/persistence';
import type { LedgerRow } from '../ledger/ledger.queries.js';
import { toLedgerTransaction } from '../ledger/ledger.service.js';
import { WalletLock } from '../ledger/wallet-lock.js';
import type { UsageRow } from '../usage/usage.queries.js';
import { toUsageEvent } from '../usage/usage.service.js';
import { LIST_CREDIT_NOTES } from './credit-notes.queries.js';
import { toCreditNote, type CreditNoteRow } from './credit-note-row.js';
import { Documents } from './documents.js';
import { Finalising } from './finalising.js';
import { InvoiceRounds } from './invoice-rounds.js';
import { toInvoice, toSummary, type InvoiceRow, type InvoiceSummaryRow } from './invoice-row.js';
import {
  DELETE_DRAFT,
  FIND_INVOICE,
  INSERT_CREDIT_DRAFT,
  listInvoices,
  LOCK_INVOICE,
} from './invoices.queries.js';
import { postingsOfLine, USAGE_BY_IDS } from './line-usage.queries.js';
import { NOTHING_TOLD } from './lines.js';
import { Periods } from './periods.js';

const LIST = 'invoices';
const LINE_USAGE = 'invoice-line-usage';
const CREDIT_NOTES = 'credit-notes';

type PostingOfLine = LedgerRow & { usageId: string | null };

/** A team's invoices, and the drafts of credit that it orders and pays by invoice. */
@Serves(invoicesApi)
export class InvoicesService implements InvoicesApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(Cursors) private readonly cursors: Cursors,
    @Inject(WalletLock) private readonly wallets: WalletLock,
    @Inject(Periods) private readonly periods: Periods,
    @Inject(Finalising) private readonly finalising: Finalising,
    @Inject(Documents) private readonly documents: Documents,
    @Inject(InvoiceRounds) private readonly rounds: InvoiceRounds,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  async list(ctx: Ctx, input: ListInvoices): Promise<Page<InvoiceSummary>> {
    const { after, limit } = this.cursors.read(ctx, LIST, input);
    const { sql, filters } = listInvoices(input);
    const params = [ctx.tenantId, limit + 1, after?.[0] ?? null, ...filters];
    const rows = await this.tenant.read<InvoiceSummaryRow>(ctx, sql, params);
    return this.cursors.page(ctx, LIST, input, rows, ({ id }) => [id], toSummary);
  }

  async get(ctx: Ctx, { invoiceId }: InvoiceRef): Promise<Invoice> {
    return toInvoice(await this.read(ctx, invoiceId));
  }

  async create(ctx: Ctx, input: CreateInvoice): Promise<Invoice> {
    const created = await this.tenant.run(ctx, async (db) => {
      const id =
        input.kind === 'usage' ? await this.beginUsage(db, input) : await this.beginCredit(db, input);
      return toInvoice(await found(db, FIND_INVOICE, id));
    });
    if (input.kind === 'usage') this.rounds.wake();
    return created;
  }

  async finalise(ctx: Ctx, { invoiceId }: InvoiceRef): Promise<Invoice> {
    const finalised = await this.tenant.run(ctx, async (db) => {
      const draft = await creditDraft(db, invoiceId);
      return toInvoice(await this.finalising.finaliseCredit(db, draft));
    });
    this.rounds.wake();
    return finalised;
  }

  async discard(ctx: Ctx, { invoiceId }: InvoiceRef): Promise<void> {
    await this.tenant.run(ctx, async (db) => {
      const draft = await creditDraft(db, invoiceId);
      await db.execute(DELETE_DRAFT, [db.tenantId, draft.id]);
    });
  }

  async lineUsage(ctx: Ctx, input: ListInvoiceLineUsage): Promise<Page<InvoiceLineUsage>> {
    const invoice = await this.read(ctx, input.invoiceId);
    const line = invoice.lines.find((one) => one.line === input.line);
    if (!line) throw invoiceErrors.line_not_found();
    const { after, limit } = this.cursors.read(ctx, LINE_USAGE, input);
    const { sql, filters } = postingsOfLine(line);
    const range = [invoice.walletId, invoice.fromSeq ?? 0, invoice.toSeq ?? 0];
    const params = [ctx.tenantId, ...range, limit + 1, after?.[0] ?? null, ...filters];
    const postings = await this.tenant.read<PostingOfLine>(ctx, sql, params);
    const usage = await this.usageOf(ctx, postings);
    return this.cursors.page(
      ctx,
      LINE_USAGE,
      input,
      postings,
      ({ seq }) => [seq],
      ({ usageId, ...row }) => ({
        transaction: toLedgerTransaction(row),
        usage: (usageId && usage.get(usageId)) || null,
      }),
    );
  }

  document(ctx: Ctx, { invoiceId }: InvoiceRef): Promise<StoredDocument> {
    return this.documents.ofInvoice(ctx, invoiceId);
  }

  async listCreditNotes(ctx: Ctx, input: ListCreditNotes): Promise<Page<CreditNote>> {
    const { after, limit } = this.cursors.read(ctx, CREDIT_NOTES, input);
    const params = [ctx.tenantId, limit + 1, after?.[0] ?? null, input.invoiceId ?? null];
    const rows = await this.tenant.read<CreditNoteRow>(ctx, LIST_CREDIT_NOTES, params);
    return this.cursors.page(ctx, CREDIT_NOTES, input, rows, ({ id }) => [id], toCreditNote);
  }

  creditNoteDocument(ctx: Ctx, { creditNoteId }: CreditNoteRef): Promise<StoredDocument> {
    return this.documents.ofCreditNote(ctx, creditNoteId);
  }

  private async read(ctx: Ctx, id: string): Promise<InvoiceRow> {
    const [row] = await this.tenant.read<InvoiceRow>(ctx, FIND_INVOICE, [ctx.tenantId, id]);
    if (!row) throw invoiceErrors.not_found();
    return row;
  }

  private async usageOf(ctx: Ctx, postings: PostingOfLine[]) {
    const ids = postings.map(({ usageId }) => usageId).filter((id) => id !== null);
    const rows =
      ids.length > 0 ? await this.tenant.read<UsageRow>(ctx, USAGE_BY_IDS, [ctx.tenantId, ids]) : [];
    return new Map(rows.map((row) => [row.id, toUsageEvent(row)]));
  }

  private async beginUsage(db: TenantDb, { amount: value }: CreateInvoice): Promise<string> {
    if (value !== undefined) throw wrongAmount('an invoice over usage is for what was used');
    return this.periods.closeNow(db, db.ctx.userId);
  }

  private async beginCredit(db: TenantDb, input: CreateInvoice): Promise<string> {
    const wallet = await this.wallets.take(db);
    const value = creditAmount(input.amount, wallet.currency);
    const id = newId();
    const line = {
      ...NOTHING_TOLD,
      line: 1,
      kind: 'credit',
      description: 'Credit for your wallet',
      exact: value.toFixed(6),
      amount: value.toFixed(6),
    };
    await db.execute(INSERT_CREDIT_DRAFT, [
      id,
      db.tenantId,
      wallet.id,
      value.toFixed(6),
      wallet.currency,
      this.clock.now(),
      JSON.stringify([line]),
      db.ctx.userId,
    ]);
    await wallet.save();
    return id;
  }
}

/** The invoice, held. @throws AppError `invoice.not_found` */
export async function heldInvoice(db: TenantDb, id: string): Promise<InvoiceRow> {
  const [row] = await db.query<InvoiceRow>(LOCK_INVOICE, [db.tenantId, id]);
  if (!row) throw invoiceErrors.not_found();
  return row;
}

async function creditDraft(db: TenantDb, id: string): Promise<InvoiceRow> {
  const row = await heldInvoice(db, id);
  if (row.status !== 'draft') throw invoiceErrors.not_a_draft();
  if (row.kind === 'usage') throw invoiceErrors.made_by_itself();
  return row;
}

async function found(db: TenantDb, sql: string, id: string): Promise<InvoiceRow> {
  const [row] = await db.query<InvoiceRow>(sql, [db.tenantId, id]);
  assert(row, 'what was just written can be read');
  return row;
}

/** @throws AppError `request.invalid` */
function creditAmount(text: string | undefined, currency: string): Amount {
  if (text === undefined) throw wrongAmount('say how much credit to buy');
  const value = amount(text);
  const whole = value.eq(roundToMinorUnit(value, currency));
  if (value.gt(0) && value.lte(TOP_UP_MAX) && whole) return value;
  const unit = minorUnitText(amount('1'), currency);
  throw wrongAmount(`must be more than 0, at most ${TOP_UP_MAX}, and have no more decimals than ${unit}`);
}

const wrongAmount = (detail: string) =>
  requestErrors.invalid({ errors: [{ pointer: '/amount', code: 'range', detail }] });
