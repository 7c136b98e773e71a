import {
  LEAD_COMPANY_MAX,
  LEAD_KEY_MAX,
  LEAD_LINKEDIN_MAX,
  LEAD_NAME_MAX,
  LEAD_NOTES_MAX,
  LEAD_PHONE_MAX,
  LEAD_PRIORITY_MAX,
  LEAD_TITLE_MAX,
} from '@leadwire/contracts';
import { JSON_OBJECT_BYTES_MAX } from '@leadwire/kernel';
import { normaliseLinkedinUrl } from '../pipeline/linkedin-url.js';
import { normalisePhone } from '../pipeline/phone.js';
import type { Column, ImportField } from './columns.js';
import type { CsvFault } from './csv-reader.js';
import { EMAIL_LENGTH_MAX, isEmailAddress } from './email-address.js';

/** A row that can be stored. Absent values are null; the keys say which lead it is. */
export type ImportRow = {
  firstName: string | null;
  lastName: string | null;
  email: string | null;
  phone: string | null;
  companyName: string | null;
  title: string | null;
  linkedinUrl: string | null;
  stage: string | null;
  status: string | null;
  priority: string | null;
  estimatedValue: string | null;
  currency: string | null;
  notes: string | null;
  /** JSON text of an object, or null when the row has none of the tenant's own fields. */
  customFields: string | null;
  emailKey: string | null;
  phoneKey: string | null;
  linkedinKey: string | null;
};

/** The words that a tenant's stages and statuses go by, in lower case (key and label), with their keys. */
export type Vocabulary = { stages: ReadonlyMap<string, string>; statuses: ReadonlyMap<string, string> };

const LENGTH_MAX: Record<ImportField, number> = {
  firstName: LEAD_NAME_MAX,
  lastName: LEAD_NAME_MAX,
  fullName: 2 * LEAD_NAME_MAX,
  email: EMAIL_LENGTH_MAX,
  phone: LEAD_PHONE_MAX,
  companyName: LEAD_COMPANY_MAX,
  title: LEAD_TITLE_MAX,
  linkedinUrl: LEAD_LINKEDIN_MAX,
  stage: LEAD_KEY_MAX,
  status: LEAD_KEY_MAX,
  priority: 1,
  estimatedValue: 21,
  currency: 3,
  notes: LEAD_NOTES_MAX,
};
const CUSTOM_LENGTH_MAX = 2_000;
/** Phone numbers that are remembered: colleagues share their company's, and reading one costs more than the rest of a row. */
const PHONES_KEPT_MAX = 4_096;
/**
 * NUL is no Postgres text, half of a surrogate pair (UTF-16 files may hold one) is no text at all; U+FFFD is what the decoder puts for
 * bytes that are not of the encoding.
 */
const UNREADABLE = /[\0\uFFFD]/;
const MONEY = /^\d{1,14}(\.\d{1,6})?$/;

const FAULTS: Record<CsvFault, string> = {
  quotes: 'a quotation mark is not closed, or text follows the closing one',
  too_long: 'the line is too long',
  too_many_columns: 'the line has too many columns',
};

/** The reason, in words, of a record that could not be read at all. */
export function faultText(fault: CsvFault): string {
  return FAULTS[fault];
}

/** Turns the fields of one record into a row, by a plan made once from the header. */
export class RowReader {
  private readonly customNames: (string | undefined)[];
  private readonly phones = new Map<string, string>();

  constructor(
    private readonly columns: readonly Column[],
    private readonly header: readonly string[],
    private readonly words: Vocabulary,
  ) {
    this.customNames = columns.map((column) =>
      column && 'custom' in column ? JSON.stringify(column.custom) : undefined,
    );
  }

  /** The row, or the reason why it is rejected; undefined for a row of empty fields. */
  read(fields: readonly string[]): ImportRow | string | undefined {
    const row = emptyRow();
    let custom = '';
    let any = false;
    for (let i = 0; i < fields.length; i++) {
      const value = (fields[i] as string).trim();
      if (value === '') continue;
      any = true;
      if (i >= this.columns.length) return `has more than ${this.columns.length} columns`;
      const column = this.columns[i];
      if (!column) continue;
      if (UNREADABLE.test(value) || !value.isWellFormed())
        return `${this.header[i]}: has characters that cannot be read`;
      if ('field' in column) {
        const problem = this.setField(row, column.field, value);
        if (problem) return `${this.header[i]}: ${problem}`;
      } else {
        if (value.length > CUSTOM_LENGTH_MAX)
          return `${this.header[i]}: is longer than ${CUSTOM_LENGTH_MAX} characters`;
        custom += `${custom === '' ? '' : ','}${this.customNames[i]}:${JSON.stringify(value)}`;
      }
    }
    if (!any) return undefined;
    if (fields.length < this.columns.length)
      return `has ${fields.length} columns instead of ${this.columns.length}`;
    if (row.estimatedValue && !row.currency) return 'has an estimated value without a currency';
    if (!row.emailKey && !row.phoneKey && !row.linkedinKey)
      return 'has neither e-mail, phone nor LinkedIn address';
    if (custom !== '') row.customFields = `{${custom}}`;
    if (custom.length > JSON_OBJECT_BYTES_MAX / 3 && Buffer.byteLength(custom) > JSON_OBJECT_BYTES_MAX - 2) {
      return 'has too much in your own fields';
    }
    return row;
  }

  private setField(row: ImportRow, field: ImportField, value: string): string | undefined {
    if (value.length > LENGTH_MAX[field]) return `is longer than ${LENGTH_MAX[field]} characters`;
    switch (field) {
      case 'email':
        if (!isEmailAddress(value)) return 'is not an e-mail address';
        row.email = value;
        row.emailKey = lowerAscii(value);
        return undefined;
      case 'phone':
        return this.setPhone(row, value);
      case 'linkedinUrl':
        return setLinkedin(row, value);
      case 'fullName':
        return setFullName(row, value);
      case 'stage':
        row.stage = this.words.stages.get(value.toLowerCase()) ?? null;
        return row.stage ? undefined : 'is not one of your stages';
      case 'status':
        row.status = this.words.statuses.get(value.toLowerCase()) ?? null;
        return row.status ? undefined : 'is not one of your statuses';
      case 'priority':
        if (!/^\d$/.test(value) || Number(value) > LEAD_PRIORITY_MAX)
          return `is not a number from 0 to ${LEAD_PRIORITY_MAX}`;
        row.priority = value;
        return undefined;
      case 'estimatedValue':
        if (!MONEY.test(value)) return 'is not an amount such as 1250.50';
        row.estimatedValue = value;
        return undefined;
      case 'currency':
        row.currency = value.toUpperCase();
        return /^[A-Z]{3}$/.test(row.currency) ? undefined : 'is not a currency code such as EUR';
      case 'firstName':
      case 'lastName':
      case 'companyName':
      case 'title':
      case 'notes':
        row[field] = value;
        return undefined;
    }
  }

  private setPhone(row: ImportRow, value: string): string | undefined {
    const phone = this.phoneOf(value);
    if (!phone) return 'is not a phone number';
    row.phone = phone;
    row.phoneKey = phone.replace(/[ ()\-./]/g, '');
    return undefined;
  }

  private phoneOf(value: string): string | undefined {
    const known = this.phones.get(value);
    if (known !== undefined) return known;
    if (this.phones.size >= PHONES_KEPT_MAX) this.phones.clear();
    const phone = normalisePhone(value);
    if (phone) this.phones.set(value, phone);
    return phone;
  }
}

function setLinkedin(row: ImportRow, value: string): string | undefined {
  const url = normaliseLinkedinUrl(value);
  if (!url) return 'is not a LinkedIn address';
  row.linkedinUrl = url;
  row.linkedinKey = lowerAscii(url);
  return undefined;
}

// As the database does it for the generated keys (collation "C"): beyond ASCII, case is kept.
function lowerAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

// "Miller, Anna" and "Anna Maria Miller"; columns of their own for first or last name win, whatever their order.
function setFullName(row: ImportRow, value: string): string | undefined {
  const comma = value.indexOf(',');
  const cut = comma >= 0 ? comma : value.lastIndexOf(' ');
  const [first, last] =
    comma >= 0
      ? [value.slice(cut + 1), value.slice(0, cut)]
      : cut < 0
        ? [value, '']
        : [value.slice(0, cut), value.slice(cut + 1)];
  if (first.trim().length > LENGTH_MAX.firstName || last.trim().length > LENGTH_MAX.lastName)
    return 'is too long a name';
  row.firstName ??= first.trim() || null;
  row.lastName ??= last.trim() || null;
  return undefined;
}

function emptyRow(): ImportRow {
  return {
    firstName: null,
    lastName: null,
    email: null,
    phone: null,
    companyName: null,
    title: null,
    linkedinUrl: null,
    stage: null,
    status: null,
    priority: null,
    estimatedValue: null,
    currency: null,
    notes: null,
    customFields: null,
    emailKey: null,
    phoneKey: null,
    linkedinKey: null,
  };
}
