import {
  PRICE_CATEGORIES,
  PRICE_FILE_COLUMNS,
  PRICE_LINES_MAX,
  PRICE_SCHEMES,
  PRICE_TIERS_MAX,
  PRICE_UNITS,
  type PriceFileColumn,
} from '@leadwire/contracts';
import { amount, isCurrency, isUuid, type InputError } from '@leadwire/kernel';
import { CsvError, parse } from 'csv-parse/sync';
import type { Tier } from '../usage/rating.js';
import type { DraftLine, PriceEntry } from './price-entry.js';

/** A price as it is exported. */
export type ExportedPrice = PriceEntry & { from: Date; to: Date | null };
/** What a file says, or all that is wrong with it. */
export type PriceFile = { lines: DraftLine[]; errors: InputError[] };

const REQUIRED: PriceFileColumn[] = ['category', 'provider', 'unit', 'currency', 'unit_price'];
const TIERS_BETWEEN = ' | ';

export const PRICE_FILE_HEADER = `${PRICE_FILE_COLUMNS.join(',')}\n`;

/** One line of a file of prices. */
export function priceLine(price: ExportedPrice): string {
  const plain = (text: string | null): string => (text === null ? '' : amount(text).toFixed());
  const fields: Record<PriceFileColumn, string> = {
    tenant: price.tenantId ?? '',
    category: price.category,
    provider: price.provider,
    model: price.model ?? '',
    unit: price.unit,
    currency: price.currency,
    scheme: price.scheme,
    unit_price: plain(price.unitPrice),
    package_size: plain(price.packageSize),
    tiers: price.tiers.map(({ upTo, unitPrice }) => `${upTo}:${unitPrice}`).join(TIERS_BETWEEN),
    included_quantity: amount(price.includedQuantity).isZero() ? '' : plain(price.includedQuantity),
    minimum_charge: plain(price.minimumCharge),
    effective_from: price.from.toISOString(),
    effective_to: price.to?.toISOString() ?? '',
    description: price.description ?? '',
  };
  return `${PRICE_FILE_COLUMNS.map((column) => quoted(fields[column])).join(',')}\n`;
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Reads a file of prices whole, so that all that is wrong is said at once, by line and column. */
export function parsePriceFile(text: string): PriceFile {
  const errors: InputError[] = [];
  const records = recordsOf(text, errors);
  const [header, ...rest] = records;
  if (!header)
    return { lines: [], errors: errors.length > 0 ? errors : [fault(1, null, 'empty', 'the file is empty')] };
  const columns = columnsOf(header.fields, errors);
  if (rest.length === 0) errors.push(fault(2, null, 'empty', 'the file has no prices'));
  if (rest.length > PRICE_LINES_MAX)
    errors.push(
      fault(header.line, null, 'too_long', `a file has at most ${PRICE_LINES_MAX} prices: split it`),
    );
  if (errors.length > 0) return { lines: [], errors };
  const lines = rest.flatMap(({ line, fields }) => {
    if (fields.length > columns.length) {
      errors.push(fault(line, null, 'columns', `has ${fields.length} fields for ${columns.length} columns`));
      return [];
    }
    const reader = new LineReader(
      line,
      new Map(columns.map((column, i) => [column, (fields[i] ?? '').trim()])),
    );
    const read = reader.read();
    errors.push(...reader.errors);
    return reader.errors.length === 0 ? [read] : [];
  });
  return { lines, errors };
}

type CsvLine = { line: number; fields: string[] };

function recordsOf(text: string, errors: InputError[]): CsvLine[] {
  const [head = ''] = text.split('\n', 1);
  // What spreadsheets write where a comma is in decimals.
  const delimiter = head.includes(';') && !head.includes(',') ? ';' : ',';
  try {
    const records = parse(text, {
      bom: true,
      delimiter,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
    }) as unknown as { info: { lines: number }; record: string[] }[];
    return records.map(({ info, record }) => ({ line: info.lines, fields: record }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error['lines'] === 'number' ? error['lines'] : 1;
    errors.push(fault(line, null, 'csv', error.message));
    return [];
  }
}

function columnsOf(header: string[], errors: InputError[]): PriceFileColumn[] {
  const names = header.map((name) => name.trim().toLowerCase());
  for (const name of names) {
    if (!(PRICE_FILE_COLUMNS as readonly string[]).includes(name))
      errors.push(fault(1, name.slice(0, 60), 'unknown_column', 'is no column of a file of prices'));
  }
  for (const name of new Set(names.filter((name, i) => names.indexOf(name) !== i)))
    errors.push(fault(1, name, 'twice', 'is there twice'));
  for (const name of REQUIRED)
    if (!names.includes(name)) errors.push(fault(1, name, 'missing', 'is a column that must be there'));
  return names as PriceFileColumn[];
}

/** One thing that is wrong with a line of a price file, and where: a JSON Pointer to line and column. */
export function fault(line: number, column: string | null, code: string, detail: string): InputError {
  const name = column === null ? '' : `/${column.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  return { pointer: `/lines/${line}${name}`, code, detail };
}

/** One line on its way from texts to a price. */
class LineReader {
  readonly errors: InputError[] = [];

  constructor(
    private readonly line: number,
    private readonly fields: Map<PriceFileColumn, string>,
  ) {}

  read(): DraftLine {
    const line: DraftLine = {
      line: this.line,
      tenantId: this.tenant(),
      category: this.word('category', PRICE_CATEGORIES),
      provider: this.text('provider', 60) ?? this.fail('provider', 'required', 'must not be empty', ''),
      model: this.text('model', 120),
      unit: this.word('unit', PRICE_UNITS),
      currency: this.currency(),
      scheme: this.of('scheme') === '' ? 'flat' : (this.word('scheme', PRICE_SCHEMES) as DraftLine['scheme']),
      unitPrice:
        this.decimal('unit_price', { whole: 10, scale: 10 }) ??
        this.fail('unit_price', 'required', 'must not be empty', '0'),
      packageSize: this.decimal('package_size', { whole: 14, scale: 6, above0: true }),
      tiers: this.tiers(),
      includedQuantity: this.decimal('included_quantity', { whole: 14, scale: 6 }) ?? amount('0').toFixed(6),
      minimumCharge: this.decimal('minimum_charge', { whole: 14, scale: 6, above0: true }),
      description: this.text('description', 500),
      from: this.moment('effective_from'),
      to: this.moment('effective_to'),
    };
    this.requireWhole(line);
    return line;
  }

  private requireWhole({ scheme, packageSize, tiers, minimumCharge, from, to }: DraftLine): void {
    const tiered = scheme === 'graduated' || scheme === 'volume';
    if ((scheme === 'package') !== (packageSize !== null))
      this.fail('package_size', 'scheme', 'belongs to the scheme "package", and to no other', null);
    if (!this.errors.some(({ pointer }) => pointer.endsWith('/tiers')) && tiered !== tiers.length > 0)
      this.fail('tiers', 'scheme', 'belong to the schemes "graduated" and "volume", and to no other', null);
    if (scheme === 'volume' && minimumCharge !== null)
      this.fail('minimum_charge', 'scheme', 'is of one use; a volume price is of the whole month', null);
    if (from !== null && to !== null && from >= to)
      this.fail('effective_to', 'range', 'must be after effective_from', null);
  }

  private of(column: PriceFileColumn): string {
    return this.fields.get(column) ?? '';
  }

  private fail<T>(column: PriceFileColumn, code: string, detail: string, instead: T): T {
    this.errors.push(fault(this.line, column, code, detail));
    return instead;
  }

  private tenant(): string | null {
    const text = this.of('tenant');
    if (text === '') return null;
    return isUuid(text)
      ? text.toLowerCase()
      : this.fail('tenant', 'uuid', 'must be the id of a tenant, or empty', null);
  }

  private word(column: PriceFileColumn, words: readonly string[]): string {
    const text = this.of(column);
    return words.includes(text)
      ? text
      : this.fail(column, 'unknown', `must be one of ${words.join(', ')}`, text);
  }

  private text(column: PriceFileColumn, max: number): string | null {
    const text = this.of(column);
    if (text.length > max) return this.fail(column, 'too_long', `has at most ${max} characters`, text);
    return text === '' ? null : text;
  }

  private currency(): string {
    const code = this.of('currency');
    return isCurrency(code)
      ? code
      : this.fail('currency', 'unknown', 'must be the ISO 4217 code of a currency in use, such as EUR', code);
  }

  private decimal(
    column: PriceFileColumn,
    form: { whole: number; scale: number; above0?: boolean },
  ): string | null {
    const text = this.of(column);
    if (text === '') return null;
    const wrong = decimalFault(text, form);
    if (wrong) return this.fail(column, 'decimal', wrong, null);
    return amount(text).toFixed(form.scale);
  }

  private tiers(): Tier[] {
    const text = this.of('tiers');
    if (text === '') return [];
    const tiers = text.split('|').map((part) => part.split(':').map((side) => side.trim()));
    if (tiers.length > PRICE_TIERS_MAX)
      return this.fail('tiers', 'too_many', `has at most ${PRICE_TIERS_MAX} tiers`, []);
    let floor = amount('0');
    for (const [upTo = '', unitPrice = '', ...more] of tiers) {
      const wrong =
        more.length > 0 || unitPrice === ''
          ? 'must be written as "up to:price | up to:price"'
          : (decimalFault(upTo, { whole: 14, scale: 6, above0: true }) ??
            decimalFault(unitPrice, { whole: 10, scale: 10 }));
      if (wrong) return this.fail('tiers', 'decimal', `${upTo}:${unitPrice} ${wrong}`, []);
      if (amount(upTo).lte(floor)) return this.fail('tiers', 'order', 'must rise from one to the next', []);
      floor = amount(upTo);
    }
    return tiers.map(([upTo, unitPrice]) => ({
      upTo: amount(upTo as string).toFixed(),
      unitPrice: amount(unitPrice as string).toFixed(),
    }));
  }

  private moment(column: PriceFileColumn): string | null {
    const text = this.of(column);
    if (text === '') return null;
    const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)$/.test(text)
      ? Date.parse(text)
      : NaN;
    return Number.isNaN(time)
      ? this.fail(column, 'time', 'must be a time with its zone, such as 2027-01-01T00:00:00Z', null)
      : new Date(time).toISOString();
  }
}

function decimalFault(
  text: string,
  { whole, scale, above0 = false }: { whole: number; scale: number; above0?: boolean },
): string | undefined {
  if (/^-\d+(\.\d+)?$/.test(text)) return 'must not be negative';
  if (!/^\d+(\.\d+)?$/.test(text)) return 'must be a decimal number such as 0.25';
  const [digits = '', decimals = ''] = text.split('.');
  if (digits.replace(/^0+/, '').length > whole) return `must have at most ${whole} digits before the point`;
  if (decimals.length > scale) return `must have at most ${scale} digits after the point`;
  if (above0 && amount(text).isZero()) return 'must be more than zero';
  return undefined;
}
