export const INVOICE_STATUSES = ['draft', 'pending', 'paid', 'voided', 'overdue'] as const;
export type InvoiceStatus = (typeof INVOICE_STATUSES)[number];

/** What was used in a period, or credit that is bought in advance. */
export const INVOICE_KINDS = ['usage', 'credit'] as const;
export type InvoiceKind = (typeof INVOICE_KINDS)[number];
