import type {
  CreditNote,
  InvoiceCustomer,
  InvoiceLine,
  InvoiceSeller,
  InvoiceTax,
} from '@leadwire/contracts';
import { amount, minorUnitText } from '@leadwire/kernel';

export type CreditNoteRow = {
  id: string;
  number: string;
  invoiceId: string;
  invoiceNumber: string;
  currency: string;
  subtotal: string;
  tax: string;
  total: string;
  reason: string;
  ledgerTransactionId: string;
  createdAt: Date;
};

export type WholeCreditNoteRow = CreditNoteRow & {
  lines: InvoiceLine[];
  taxes: InvoiceTax[];
  seller: InvoiceSeller;
  customer: InvoiceCustomer;
  documentKey: string | null;
  /** SHA-256 of the document that was sent. */
  documentHash: string | null;
};

/** As callers see it, in the currency's own digits. */
export function toCreditNote(row: CreditNoteRow): CreditNote {
  const shown = (value: string) => minorUnitText(amount(value), row.currency);
  return {
    id: row.id,
    number: row.number,
    invoiceId: row.invoiceId,
    invoiceNumber: row.invoiceNumber,
    currency: row.currency,
    subtotal: shown(row.subtotal),
    tax: shown(row.tax),
    total: shown(row.total),
    reason: row.reason,
    ledgerTransactionId: row.ledgerTransactionId,
    createdAt: row.createdAt.toISOString(),
  };
}
