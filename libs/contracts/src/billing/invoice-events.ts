import { defineEvent } from '../define/event.js';
import { DecimalText, Int, OneOf, Text, Timestamp, Uuid } from '../define/fields.js';
import { INVOICE_KINDS, INVOICE_STATUSES, type InvoiceKind, type InvoiceStatus } from './invoice-words.js';

class InvoiceMoment {
  @Uuid()
  invoiceId!: string;

  @Text({ max: 40, description: 'Its number in the series of the tenant.' })
  number!: string;

  @OneOf(INVOICE_KINDS)
  kind!: InvoiceKind;

  @OneOf(INVOICE_STATUSES)
  status!: InvoiceStatus;

  @DecimalText({ description: 'With tax, in `currency`.' })
  total!: string;

  @DecimalText({ description: 'What is left to pay.' })
  due!: string;

  @Text({ max: 3 })
  currency!: string;

  @Timestamp({
    nullable: true,
    description: 'Until when it is to be paid; null when nothing is left to pay.',
  })
  dueAt!: string | null;
}

export class InvoiceFinalisedData extends InvoiceMoment {}
export const InvoiceFinalised = defineEvent(
  'billing.invoice.finalised',
  InvoiceFinalisedData,
  'A draft became an invoice: it has its number and never changes again.',
);

export class InvoiceIssuedData extends InvoiceMoment {
  @Text({ max: 300, description: 'Key of its PDF in the object storage.' })
  document!: string;
}
export const InvoiceIssued = defineEvent(
  'billing.invoice.issued',
  InvoiceIssuedData,
  'The PDF of an invoice was stored: it can be sent.',
);

export class InvoicePaidData extends InvoiceMoment {
  @Text({ max: 40, description: 'How: `wallet`, `bank_transfer` …' })
  paymentMethod!: string;
}
export const InvoicePaid = defineEvent(
  'billing.invoice.paid',
  InvoicePaidData,
  'What was open of an invoice was paid. One that the wallet had paid already is finalised as paid.',
);

export class InvoiceOverdueData extends InvoiceMoment {}
export const InvoiceOverdue = defineEvent(
  'billing.invoice.overdue',
  InvoiceOverdueData,
  'An invoice was not paid in time.',
);

export class InvoiceRemindedData extends InvoiceMoment {
  @Int({ min: 1, description: 'Which reminder this is: 1, 2, 3 …' })
  step!: number;

  @Timestamp({
    nullable: true,
    description: 'When the wallet is suspended if nothing is paid; null once it is.',
  })
  suspendsAt!: string | null;
}
export const InvoiceReminded = defineEvent(
  'billing.invoice.reminded',
  InvoiceRemindedData,
  'A reminder of an overdue invoice is due.',
);

export class InvoiceVoidedData extends InvoiceMoment {
  @Text({ max: 500 })
  reason!: string;
}
export const InvoiceVoided = defineEvent(
  'billing.invoice.voided',
  InvoiceVoidedData,
  'An invoice was taken back; nobody has to pay it.',
);

export class CreditNoteIssuedData {
  @Uuid()
  creditNoteId!: string;

  @Text({ max: 40 })
  number!: string;

  @Uuid({ description: 'The invoice that it corrects.' })
  invoiceId!: string;

  @Text({ max: 40 })
  invoiceNumber!: string;

  @DecimalText({ description: 'With tax, in `currency`.' })
  total!: string;

  @Text({ max: 3 })
  currency!: string;

  @Text({ max: 500 })
  reason!: string;

  @Text({ max: 300, description: 'Key of its PDF in the object storage.' })
  document!: string;
}
export const CreditNoteIssued = defineEvent(
  'billing.credit-note.issued',
  CreditNoteIssuedData,
  'Part or all of an invoice was given back, and the PDF that says so was stored.',
);
