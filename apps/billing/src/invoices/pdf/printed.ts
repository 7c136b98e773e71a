import type { InvoiceCustomer, InvoiceLine, InvoiceSeller, InvoiceTax } from '@leadwire/contracts';
import { amount, minorUnitText } from '@leadwire/kernel';
import type { WholeCreditNoteRow } from '../credit-note-row.js';
import type { InvoiceRow } from '../invoice-row.js';

export type PrintedLine = { description: string; quantity: string; unitPrice: string; amount: string };
export type PrintedTotal = { label: string; value: string; strong?: boolean };

/** All that a document says, in the words and order in which it says it. */
export type Printed = {
  title: string;
  number: string;
  date: Date;
  seller: InvoiceSeller;
  customer: InvoiceCustomer;
  facts: { label: string; value: string }[];
  lines: PrintedLine[];
  totals: PrintedTotal[];
  notes: string[];
};

type Finalised = InvoiceRow & {
  number: string;
  finalisedAt: Date;
  seller: InvoiceSeller;
  customer: InvoiceCustomer;
};

/**
 * What is printed of an invoice: only what never changes about it, so that it reads the same whenever it is printed. One that was paid
 * the moment it was finalised says so; how others went on is not theirs to say.
 */
export function printedInvoice(invoice: Finalised): Printed {
  const { number, finalisedAt, seller, customer, currency, dueAt } = invoice;
  const settled = invoice.paidAt?.getTime() === finalisedAt.getTime();
  const due = amount(invoice.total).sub(settled ? invoice.total : invoice.prepaid);
  return {
    title: 'Invoice',
    number,
    date: finalisedAt,
    seller,
    customer,
    facts: [
      { label: 'Invoice number', value: number },
      { label: 'Invoice date', value: dayText(finalisedAt) },
      ...(invoice.kind === 'usage' ? [{ label: 'Period', value: periodText(invoice) }] : []),
      ...(due.gt(0) && dueAt ? [{ label: 'Due by', value: dayText(dueAt) }] : []),
      ...reference(customer),
    ],
    lines: invoice.lines.map((line) => printedLine(line, currency)),
    totals: [
      ...totalsOf(invoice),
      ...(invoice.kind === 'usage'
        ? [
            {
              label: 'Paid from your wallet',
              value: money(amount(invoice.total).sub(due).neg().toFixed(), currency),
            },
          ]
        : []),
      { label: 'Amount due', value: money(due.toFixed(), currency), strong: true },
    ],
    notes: [
      ...(invoice.taxNote ? [invoice.taxNote] : []),
      ...(due.gt(0) ? [howToPay(invoice.kind, seller)] : []),
      ...(invoice.kind === 'usage'
        ? [
            'Charges are kept to the millionth; what is below the smallest unit of the currency goes on the next invoice.',
          ]
        : []),
    ],
  };
}

/** What the document of a credit note says. */
export function printedCreditNote(note: WholeCreditNoteRow): Printed {
  const { number, createdAt, seller, customer, currency } = note;
  return {
    title: 'Credit note',
    number,
    date: createdAt,
    seller,
    customer,
    facts: [
      { label: 'Credit note number', value: number },
      { label: 'Date', value: dayText(createdAt) },
      { label: 'For invoice', value: note.invoiceNumber },
      ...reference(customer),
    ],
    lines: note.lines.map((line) => printedLine(line, currency)),
    totals: [
      ...totalsOf(note),
      { label: 'Added to your wallet', value: money(note.total, currency), strong: true },
    ],
    notes: [`Reason: ${note.reason}`],
  };
}

type Totals = { subtotal: string; total: string; taxes: InvoiceTax[]; currency: string };

function totalsOf({ subtotal, total, taxes, currency }: Totals): PrintedTotal[] {
  return [
    { label: 'Subtotal', value: money(subtotal, currency) },
    ...taxes.map(({ name, percent, amount: value }) => ({
      label: `${name} ${amount(percent).toFixed()} %`,
      value: money(value, currency),
    })),
    { label: 'Total', value: money(total, currency) },
  ];
}

function printedLine({ description, quantity, unitPrice, amount: value }: InvoiceLine, currency: string) {
  return {
    description,
    quantity: quantity === null ? '' : grouped(amount(quantity).toFixed()),
    unitPrice: unitPrice === null ? '' : amount(unitPrice).toFixed(),
    amount: money(value, currency),
  };
}

function howToPay(kind: string, { paymentTerms }: InvoiceSeller): string {
  const first =
    kind === 'usage'
      ? 'What is due is taken from your wallet as soon as it covers it.'
      : 'The credit is added to your wallet when your payment has arrived.';
  return [first, paymentTerms].filter(Boolean).join('\n');
}

const reference = ({ purchaseOrder }: InvoiceCustomer) =>
  purchaseOrder === null ? [] : [{ label: 'Your reference', value: purchaseOrder }];

/** An amount in minor units, grouped, with its currency. Not Intl: its words change with the version of Node. */
export function money(value: string, currency: string): string {
  return `${grouped(minorUnitText(amount(value), currency))} ${currency}`;
}

function grouped(text: string): string {
  const [whole = '', fraction] = text.replace('-', '').split('.');
  const groups = whole.replaceAll(/\B(?=(\d{3})+$)/g, ',');
  return `${text.startsWith('-') ? '−' : ''}${groups}${fraction === undefined ? '' : `.${fraction}`}`;
}

const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
);

/** A day in UTC: 1 July 2026. */
function dayText(moment: Date): string {
  return `${moment.getUTCDate()} ${MONTHS[moment.getUTCMonth()]} ${moment.getUTCFullYear()}`;
}

// The end is not part of the period: the day before is the last one, unless it ends within a day.
function periodText({ periodStart, periodEnd }: InvoiceRow): string {
  const last = new Date(periodEnd.getTime() - 1);
  return `${dayText(periodStart)} to ${dayText(last)} (UTC)`;
}
