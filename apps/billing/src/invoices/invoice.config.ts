import { EnvError, makeValidator, num, str, type ConfigOf } from '@leadwire/platform';

/** Days after the due day, rising, e.g. `3,10,20`. */
const days = makeValidator<number[]>((input) => {
  const values = input.split(',').map(Number);
  const rising = values.every((value, i) => value > (values[i - 1] ?? 0) && value <= 365);
  if (!rising || !/^\d+(,\d+)*$/.test(input)) throw new EnvError('must be rising numbers of days: 3,10,20');
  return values;
});

const country = makeValidator<string>((input) => {
  if (!/^([A-Z]{2})?$/.test(input)) throw new EnvError('must be an ISO 3166 code of two letters');
  return input;
});

/** What billing must know to write invoices. */
export const invoiceConfig = {
  OBJECT_STORAGE_DIR: str({
    desc: 'Folder shared with gateway and identity: PDFs of invoices are kept here.',
  }),
  INVOICE_SELLER_NAME: str({ default: 'Leadwire', desc: 'Who issues invoices.' }),
  INVOICE_SELLER_ADDRESS: str({
    default: '',
    desc: 'Their address; lines are separated by `|`.',
    example: 'Example GmbH|Hauptstraße 1|10115 Berlin',
  }),
  INVOICE_SELLER_COUNTRY: country({
    default: '',
    desc: 'Their country, ISO 3166: who gives no country of their own is taxed as there. Empty: untaxed.',
    example: 'DE',
  }),
  INVOICE_SELLER_VAT_ID: str({ default: '', desc: 'Their VAT id, printed on invoices.' }),
  INVOICE_PAYMENT_TERMS: str({
    default: '',
    desc: 'How an invoice is paid by transfer, printed on invoices; lines are separated by `|`.',
    example: 'IBAN DE02 1203 0000 0000 2020 51|Reference: the number of the invoice',
  }),
  INVOICE_DUE_DAYS: num({ default: 14, desc: 'Days in which an invoice is to be paid.' }),
  DUNNING_DAYS: days({
    default: [3, 10, 20],
    desc: 'Days after the due day on which the owners are reminded; on the last one the wallet is suspended.',
    example: '3,10,20',
  }),
};
export type InvoiceConfig = ConfigOf<typeof invoiceConfig>;
