import type {
  Invoice,
  InvoiceCustomer,
  InvoiceFinalisedData,
  InvoiceKind,
  InvoiceLine,
  InvoiceSeller,
  InvoiceStatus,
  InvoiceSummary,
  InvoiceTax,
} from '@leadwire/contracts';
import { amount, minorUnitText, moneyText, type Amount } from '@leadwire/kernel';

export type InvoiceSummaryRow = {
  id: string;
  tenantId: string;
  walletId: string;
  number: string | null;
  kind: InvoiceKind;
  status: InvoiceStatus;
  currency: string;
  subtotal: string;
  tax: string;
  total: string;
  prepaid: string;
  periodStart: Date;
  periodEnd: Date;
  dueAt: Date | null;
  finalisedAt: Date | null;
  paidAt: Date | null;
  paymentMethod: string | null;
  voidedAt: Date | null;
  createdAt: Date;
};

export type InvoiceRow = InvoiceSummaryRow & {
  lines: InvoiceLine[];
  taxes: InvoiceTax[];
  taxNote: string | null;
  seller: InvoiceSeller | null;
  customer: InvoiceCustomer | null;
  fromSeq: string | null;
  toSeq: string | null;
  carriedIn: string;
  carriedOut: string;
  ledgerTransactionId: string | null;
  metadata: Record<string, unknown>;
  reminders: number;
  collectTries: number;
  documentKey: string | null;
  /** SHA-256 of the document that was sent. */
  documentHash: string | null;
  createdBy: string | null;
  version: number;
  credited: string;
};

type Owing = Pick<InvoiceSummaryRow, 'status' | 'total' | 'prepaid'>;

/** What is left to pay. */
export function dueOf({ status, total, prepaid }: Owing): Amount {
  const open = status === 'draft' || status === 'pending' || status === 'overdue';
  return open ? amount(total).sub(prepaid) : amount('0');
}

/** As lists show it, in the currency's own digits. */
export function toSummary(row: InvoiceSummaryRow): InvoiceSummary {
  const { currency } = row;
  const shown = (value: string) => minorUnitText(amount(value), currency);
  return {
    id: row.id,
    number: row.number,
    kind: row.kind,
    status: row.status,
    currency,
    subtotal: shown(row.subtotal),
    tax: shown(row.tax),
    total: shown(row.total),
    prepaid: shown(row.prepaid),
    due: minorUnitText(dueOf(row), currency),
    periodStart: row.periodStart.toISOString(),
    periodEnd: row.periodEnd.toISOString(),
    dueAt: iso(row.dueAt),
    finalisedAt: iso(row.finalisedAt),
    paidAt: iso(row.paidAt),
    paymentMethod: row.paymentMethod,
    voidedAt: iso(row.voidedAt),
    createdAt: row.createdAt.toISOString(),
  };
}

/** As callers see it, with its lines, taxes and parties. */
export function toInvoice(row: InvoiceRow): Invoice {
  return {
    ...toSummary(row),
    lines: row.lines,
    taxes: row.taxes,
    taxNote: row.taxNote,
    seller: row.seller,
    customer: row.customer,
    carriedIn: row.carriedIn,
    carriedOut: row.carriedOut,
    ledgerTransactionId: row.ledgerTransactionId,
    credited: minorUnitText(amount(row.credited), row.currency),
    metadata: row.metadata,
  };
}

/** What every event about an invoice says of it. */
export function momentOf(row: InvoiceSummaryRow): InvoiceFinalisedData {
  return {
    invoiceId: row.id,
    number: row.number ?? '',
    kind: row.kind,
    status: row.status,
    total: moneyText(amount(row.total)),
    due: moneyText(dueOf(row)),
    currency: row.currency,
    dueAt: dueOf(row).isZero() ? null : iso(row.dueAt),
  };
}

const iso = (moment: Date | null): string | null => moment?.toISOString() ?? null;
