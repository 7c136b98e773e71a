import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { DecimalText, Int, Text, Timestamp, Uuid } from '../define/fields.js';
import { pageOf, type Page } from '../define/page.js';
import { CreditNote, Invoice, InvoiceSummary, ListInvoices } from './invoices.api.js';

export class ListInvoicesOf extends ListInvoices {
  @Uuid()
  tenantId!: string;
}

export class InvoiceOf {
  @Uuid()
  tenantId!: string;

  @Uuid()
  invoiceId!: string;
}

export class MarkInvoicePaid extends InvoiceOf {
  @Text({ min: 1, max: 40, example: 'bank_transfer' })
  method!: string;

  @Text({ min: 1, max: 140, description: 'Where the payment is found, e.g. in the statement of the bank.' })
  reference!: string;

  @Timestamp({ optional: true, description: 'When the money came; now unless told.' })
  paidAt?: string;
}

export class VoidInvoice extends InvoiceOf {
  @Text({ min: 1, max: 500 })
  reason!: string;
}

export class CreditInvoice extends InvoiceOf {
  @DecimalText({
    optional: true,
    description:
      'Without tax, in whole minor units; all that is left unless told. Its tax is given back too.',
  })
  amount?: string;

  @Text({ min: 1, max: 500 })
  reason!: string;

  @Text({
    min: 1,
    max: 200,
    description: 'A repeat with the same key answers as the first time did, for a day.',
  })
  key!: string;
}

export class RunInvoices {
  @Uuid({ optional: true, description: 'One tenant; all that are due unless told.' })
  tenantId?: string;
}

export class InvoiceRun {
  @Int({ min: 0, description: 'Tenants for whom something was done.' })
  tenants!: number;
}

export interface InvoiceOperatorsApi {
  list(ctx: Ctx, input: ListInvoicesOf): Promise<Page<InvoiceSummary>>;
  get(ctx: Ctx, input: InvoiceOf): Promise<Invoice>;
  /** Does now what is due: closes periods, reminds, makes documents. */
  run(ctx: Ctx, input: RunInvoices): Promise<InvoiceRun>;
  /**
   * Notes a payment that came past the platform; bought credit is added to the wallet, once.
   * @throws AppError `invoice.not_found` | `invoice.not_open` | `wallet.frozen` | `wallet.full`
   */
  markPaid(ctx: Ctx, input: MarkInvoicePaid): Promise<Invoice>;
  /** @throws AppError `invoice.not_found` | `invoice.not_open` | `invoice.not_the_newest` */
  void(ctx: Ctx, input: VoidInvoice): Promise<Invoice>;
  /**
   * Gives part or all of a paid invoice back to the wallet.
   * @throws AppError `invoice.not_found` | `invoice.not_creditable` | `invoice.over_credited` | `wallet.frozen` | `request.invalid`
   */
  credit(ctx: Ctx, input: CreditInvoice): Promise<CreditNote>;
}

export const invoiceOperatorsApi = defineApi<InvoiceOperatorsApi>('billing.invoice-operators', {
  list: { input: ListInvoicesOf, output: pageOf(InvoiceSummary), can: 'system', idempotent: true },
  get: { input: InvoiceOf, output: Invoice, can: 'system', idempotent: true },
  run: { input: RunInvoices, output: InvoiceRun, can: 'system' },
  markPaid: { input: MarkInvoicePaid, output: Invoice, can: 'system' },
  void: { input: VoidInvoice, output: Invoice, can: 'system' },
  credit: { input: CreditInvoice, output: CreditNote, can: 'system' },
});
