import { newId } from '@leadwire/kernel';
import { leadWords } from '../pipeline/lead-words.js';
import type { ImportRow } from './row-reader.js';

/** Rows that go to the database at once: one transaction, one checkpoint. */
export const BATCH_ROWS = 5_000;

/** The columns of a row in the order of {@link copyText}; the staging table is made from it. */
export const STAGED = [
  ['first_name', 'firstName', 'text'],
  ['last_name', 'lastName', 'text'],
  ['email', 'email', 'text'],
  ['phone', 'phone', 'text'],
  ['company_name', 'companyName', 'text'],
  ['title', 'title', 'text'],
  ['linkedin_url', 'linkedinUrl', 'text'],
  ['stage', 'stage', 'text'],
  ['status', 'status', 'text'],
  ['priority', 'priority', 'int'],
  ['estimated_value', 'estimatedValue', 'numeric'],
  ['currency', 'currency', 'text'],
  ['notes', 'notes', 'text'],
  ['custom_fields', 'customFields', 'jsonb'],
  ['email_key', 'emailKey', 'text'],
  ['phone_key', 'phoneKey', 'text'],
  ['linkedin_key', 'linkedinKey', 'text'],
] as const satisfies readonly (readonly [string, keyof ImportRow, string])[];

const KEYS = ['emailKey', 'phoneKey', 'linkedinKey'] as const;
const VALUE_OF_KEY = { emailKey: 'email', phoneKey: 'phone', linkedinKey: 'linkedinUrl' } as const;
const PLAIN_FIELDS = [
  'firstName',
  'lastName',
  'companyName',
  'title',
  'stage',
  'status',
  'priority',
  'estimatedValue',
  'currency',
  'notes',
  'customFields',
] as const;

/**
 * The rows of one batch, each lead once: a row that shares a key with an earlier one is that lead again. With `fill` it
 * gives the earlier row what that lacks, as it would give it to a lead in the database.
 */
export class Batch {
  readonly rows: ImportRow[] = [];
  duplicates = 0;
  private readonly seen = {
    emailKey: new Map<string, ImportRow>(),
    phoneKey: new Map<string, ImportRow>(),
    linkedinKey: new Map<string, ImportRow>(),
  };

  constructor(private readonly fill: boolean) {}

  add(row: ImportRow): void {
    const earlier = this.earlier(row);
    if (!earlier) {
      for (const key of KEYS) if (row[key]) this.seen[key].set(row[key], row);
      this.rows.push(row);
      return;
    }
    this.duplicates++;
    if (this.fill) this.complete(earlier, row);
  }

  private earlier(row: ImportRow): ImportRow | undefined {
    for (const key of KEYS) {
      const found = row[key] && this.seen[key].get(row[key]);
      if (found) return found;
    }
    return undefined;
  }

  private complete(earlier: ImportRow, row: ImportRow): void {
    for (const field of PLAIN_FIELDS) earlier[field] ??= row[field];
    for (const key of KEYS) {
      if (earlier[key] || !row[key] || this.seen[key].has(row[key])) continue;
      earlier[key] = row[key];
      earlier[VALUE_OF_KEY[key]] = row[VALUE_OF_KEY[key]];
      this.seen[key].set(row[key], earlier);
    }
  }
}

/**
 * The rows in the text format of COPY (PostgreSQL manual, COPY § Text Format), each with a new id before its columns and its
 * words behind them; words hold nothing that would need an escape.
 */
export function copyText(rows: readonly ImportRow[]): string {
  let text = '';
  for (const row of rows) {
    text += newId();
    for (const [, field] of STAGED) text += `\t${escaped(row[field])}`;
    text += `\t${leadWords(row)}\n`;
  }
  return text;
}

const SPECIAL = /[\\\t\n\r]/;
const ESCAPES: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

function escaped(value: string | null): string {
  if (value === null) return '\\N';
  return SPECIAL.test(value) ? value.replace(/[\\\t\n\r]/g, (c) => ESCAPES[c] as string) : value;
}
