import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import {
  DecimalText,
  Int,
  JsonObject,
  ListOf,
  Nested,
  OneOf,
  Text,
  Timestamp,
  Uuid,
} from '../define/fields.js';
import { pageOf, PageRequest, type Page } from '../define/page.js';
import { InvoiceCustomer, InvoiceSeller } from './invoice-parties.js';
import { INVOICE_KINDS, INVOICE_STATUSES, type InvoiceKind, type InvoiceStatus } from './invoice-words.js';
import { LedgerTransaction } from './ledger.api.js';
import { UsageEvent } from './usage.api.js';
import { TOP_UP_MAX } from './wallets.api.js';

export const INVOICE_LINES_MAX = 1000;

/**
 * `usage` was charged by price, `correction` was given back of it, `held` was captured from reservations, `other` was debited by hand;
 * `granted` is what credit that nobody paid for covered, `credit` is credit that is bought.
 */
export const INVOICE_LINE_KINDS = ['usage', 'correction', 'held', 'other', 'granted', 'credit'] as const;
export type InvoiceLineKind = (typeof INVOICE_LINE_KINDS)[number];

export class InvoiceLine {
  @Int({ min: 1, description: 'Its place on the invoice.' })
  line!: number;

  @OneOf(INVOICE_LINE_KINDS)
  kind!: InvoiceLineKind;

  @Text({ max: 300 })
  description!: string;

  @Text({ max: 60, nullable: true })
  feature!: string | null;

  @Text({ max: 40, nullable: true })
  category!: string | null;

  @Text({ max: 60, nullable: true })
  provider!: string | null;

  @Text({ max: 120, nullable: true })
  model!: string | null;

  @Text({ max: 40, nullable: true })
  unit!: string | null;

  @Uuid({ nullable: true, description: 'The entry of the price list that it was rated by.' })
  priceId!: string | null;

  @DecimalText({ nullable: true, signed: true })
  quantity!: string | null;

  @DecimalText({
    nullable: true,
    scale: 10,
    description: 'Where all of it had one; tiers and packages have several.',
  })
  unitPrice!: string | null;

  @DecimalText({ signed: true, description: 'What was debited, to the last digit.' })
  exact!: string;

  @DecimalText({ signed: true, description: 'In whole minor units: all lines sum up to the subtotal.' })
  amount!: string;
}

export class InvoiceTax {
  @Text({ max: 60 })
  name!: string;

  @DecimalText({ scale: 4 })
  percent!: string;

  @DecimalText({ description: 'What it is charged on.' })
  base!: string;

  @DecimalText()
  amount!: string;
}

/** An invoice without its lines. */
export class InvoiceSummary {
  @Uuid()
  id!: string;

  @Text({ max: 40, nullable: true, description: 'Null while it is a draft.' })
  number!: string | null;

  @OneOf(INVOICE_KINDS)
  kind!: InvoiceKind;

  @OneOf(INVOICE_STATUSES)
  status!: InvoiceStatus;

  @Text({ max: 3, description: 'ISO 4217.' })
  currency!: string;

  @DecimalText()
  subtotal!: string;

  @DecimalText()
  tax!: string;

  @DecimalText({ description: 'Subtotal and tax.' })
  total!: string;

  @DecimalText({ description: 'What the wallet had paid already when the invoice was made.' })
  prepaid!: string;

  @DecimalText({ description: 'What is left to pay.' })
  due!: string;

  @Timestamp({ description: 'Start of the period, in UTC.' })
  periodStart!: string;

  @Timestamp({ description: 'End of the period, in UTC; not part of it.' })
  periodEnd!: string;

  @Timestamp({ nullable: true, description: 'Until when it is to be paid.' })
  dueAt!: string | null;

  @Timestamp({ nullable: true })
  finalisedAt!: string | null;

  @Timestamp({ nullable: true })
  paidAt!: string | null;

  @Text({ max: 40, nullable: true, description: '`wallet`, `bank_transfer` …' })
  paymentMethod!: string | null;

  @Timestamp({ nullable: true })
  voidedAt!: string | null;

  @Timestamp()
  createdAt!: string;
}

export class Invoice extends InvoiceSummary {
  @ListOf(() => InvoiceLine, { items: INVOICE_LINES_MAX })
  lines!: InvoiceLine[];

  @ListOf(() => InvoiceTax)
  taxes!: InvoiceTax[];

  @Text({ max: 500, nullable: true, description: 'Why there is no tax, where there is a reason.' })
  taxNote!: string | null;

  @Nested(() => InvoiceSeller, { nullable: true, description: 'As it was when the invoice was finalised.' })
  seller!: InvoiceSeller | null;

  @Nested(() => InvoiceCustomer, { nullable: true, description: 'As it was when the invoice was finalised.' })
  customer!: InvoiceCustomer | null;

  @DecimalText({
    signed: true,
    description: 'What the invoice before left below the minor unit; part of this subtotal.',
  })
  carriedIn!: string;

  @DecimalText({ signed: true, description: 'What this one leaves for the next.' })
  carriedOut!: string;

  @Uuid({ nullable: true, description: 'The posting that collected what was due, or added the credit.' })
  ledgerTransactionId!: string | null;

  @DecimalText({ description: 'What credit notes gave back of it.' })
  credited!: string;

  @JsonObject({ description: 'Notes, e.g. the reference of a payment or why it was voided.' })
  metadata!: Record<string, unknown>;
}

export class ListInvoices extends PageRequest {
  @OneOf(INVOICE_STATUSES, { optional: true })
  status?: InvoiceStatus;

  @OneOf(INVOICE_KINDS, { optional: true })
  kind?: InvoiceKind;
}

export class CreateInvoice {
  @OneOf(INVOICE_KINDS, {
    description:
      '`usage`: what was charged since the last invoice. `credit`: credit to be paid by bank transfer.',
  })
  kind!: InvoiceKind;

  @DecimalText({
    optional: true,
    description: `What credit to buy: needed for \`credit\`, in whole minor units, at most ${TOP_UP_MAX}; not for \`usage\`.`,
    example: '500.00',
  })
  amount?: string;
}

export class InvoiceRef {
  @Uuid()
  invoiceId!: string;
}

export class ListInvoiceLineUsage extends PageRequest {
  @Uuid()
  invoiceId!: string;

  @Int({ min: 1, max: INVOICE_LINES_MAX, description: 'Place of the line on the invoice: 1, 2, 3 …' })
  line!: number;
}

/** A posting behind a line, and the use that it is for. */
export class InvoiceLineUsage {
  @Nested(() => LedgerTransaction)
  transaction!: LedgerTransaction;

  @Nested(() => UsageEvent, { nullable: true, description: 'Null for what was captured or debited by hand.' })
  usage!: UsageEvent | null;
}

export class ListCreditNotes extends PageRequest {
  @Uuid({ optional: true, description: 'Of one invoice.' })
  invoiceId?: string;
}

export class CreditNoteRef {
  @Uuid()
  creditNoteId!: string;
}

export class CreditNote {
  @Uuid()
  id!: string;

  @Text({ max: 40 })
  number!: string;

  @Uuid()
  invoiceId!: string;

  @Text({ max: 40 })
  invoiceNumber!: string;

  @Text({ max: 3 })
  currency!: string;

  @DecimalText()
  subtotal!: string;

  @DecimalText()
  tax!: string;

  @DecimalText({ description: 'Given back to the wallet.' })
  total!: string;

  @Text({ max: 500 })
  reason!: string;

  @Uuid({ description: 'The posting that gave it back.' })
  ledgerTransactionId!: string;

  @Timestamp()
  createdAt!: string;
}

/** Where the PDF is stored, for who streams it. */
export class StoredDocument {
  @Text({ max: 300 })
  objectKey!: string;

  @Text({ max: 100 })
  filename!: string;
}

export interface InvoicesApi {
  /** Newest first. */
  list(ctx: Ctx, input: ListInvoices): Promise<Page<InvoiceSummary>>;
  /** @throws AppError `invoice.not_found` */
  get(ctx: Ctx, input: InvoiceRef): Promise<Invoice>;
  /**
   * Begins an invoice. One over usage is finalised by itself a moment later, one over credit by its own request.
   * @throws AppError `invoice.nothing_to_invoice` | `invoice.draft_open` | `invoice.wallet_closed` | `request.invalid`
   */
  create(ctx: Ctx, input: CreateInvoice): Promise<Invoice>;
  /** Gives a draft its number; it never changes again. @throws AppError `invoice.not_found` | `invoice.not_a_draft` | `invoice.made_by_itself` */
  finalise(ctx: Ctx, input: InvoiceRef): Promise<Invoice>;
  /** Discards a draft. @throws AppError `invoice.not_found` | `invoice.not_a_draft` | `invoice.made_by_itself` */
  discard(ctx: Ctx, input: InvoiceRef): Promise<void>;
  /** What is behind a line, in the order of the ledger. @throws AppError `invoice.not_found` | `invoice.line_not_found` */
  lineUsage(ctx: Ctx, input: ListInvoiceLineUsage): Promise<Page<InvoiceLineUsage>>;
  /** @throws AppError `invoice.not_found` | `invoice.no_document` */
  document(ctx: Ctx, input: InvoiceRef): Promise<StoredDocument>;
  /** Newest first. */
  listCreditNotes(ctx: Ctx, input: ListCreditNotes): Promise<Page<CreditNote>>;
  /** @throws AppError `credit_note.not_found` */
  creditNoteDocument(ctx: Ctx, input: CreditNoteRef): Promise<StoredDocument>;
}
export const invoicesApi = defineApi<InvoicesApi>('billing.invoices', {
  list: { input: ListInvoices, output: pageOf(InvoiceSummary), can: 'billing.read', idempotent: true },
  get: { input: InvoiceRef, output: Invoice, can: 'billing.read', idempotent: true },
  create: { input: CreateInvoice, output: Invoice, can: 'billing.topup' },
  finalise: { input: InvoiceRef, output: Invoice, can: 'billing.topup' },
  discard: { input: InvoiceRef, can: 'billing.topup' },
  lineUsage: {
    input: ListInvoiceLineUsage,
    output: pageOf(InvoiceLineUsage),
    can: 'billing.read',
    idempotent: true,
  },
  document: { input: InvoiceRef, output: StoredDocument, can: 'billing.read', idempotent: true },
  listCreditNotes: {
    input: ListCreditNotes,
    output: pageOf(CreditNote),
    can: 'billing.read',
    idempotent: true,
  },
  creditNoteDocument: { input: CreditNoteRef, output: StoredDocument, can: 'billing.read', idempotent: true },
});
