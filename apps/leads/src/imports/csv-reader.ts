/** One record of the file: its fields, or why it cannot be read. `line` counts the file's lines from 1. */
export type CsvRecord = { line: number; fields: string[] } | { line: number; broken: CsvFault; raw: string };
export type CsvFault = 'quotes' | 'too_long' | 'too_many_columns';

/** A record, quoted line breaks included, in characters; also how far an unclosed quote is followed. */
export const RECORD_CHARS_MAX = 1024 * 1024;
export const COLUMNS_MAX = 500;
const RAW_CHARS_MAX = 2_000;
const QUOTE = '"';

/** Why a quoted record stopped: it is whole, it needs more text, or it is broken. */
type Scan = { fields: string[]; end: number } | 'more' | CsvFault;

/**
 * Reads CSV (RFC 4180, any one-character delimiter and line break) from pieces of text as they come.
 *
 * Our own, because a broken quote must cost one line, not the file: general parsers swallow everything up to the next
 * quote or the end. Here the line that opened it is reported, and reading goes on at the line after it. A quote inside
 * an unquoted field (`5" pipe`) is ordinary text. Blank lines are left out.
 */
export class CsvReader {
  private text = '';
  private line = 1;
  private skipping = false;
  /** Where the next quote stands, so that a text without quotes is searched for one once and not at every line. */
  private quote = -1;

  constructor(
    private readonly delimiter: string,
    private readonly newline: '\n' | '\r' = '\n',
  ) {}

  /** The records that `text` completes. */
  push(text: string): CsvRecord[] {
    this.text = this.text === '' ? text : this.text + text;
    return this.take(false);
  }

  /** The records of what is left: the file's last line may lack its line break. */
  end(): CsvRecord[] {
    return this.take(true);
  }

  private take(atEnd: boolean): CsvRecord[] {
    const records: CsvRecord[] = [];
    this.quote = -1;
    let start = this.skipping ? this.skipOversized() : 0;
    while (start < this.text.length) {
      const next = this.record(start, atEnd, records);
      if (next < 0) break;
      start = next;
    }
    this.text = this.text.slice(start);
    if (this.text.length > RECORD_CHARS_MAX) this.dropOversized(records);
    return records;
  }

  /** Reads the record at `start`; answers where the next one begins, or -1 when it is not yet whole. */
  private record(start: number, atEnd: boolean, into: CsvRecord[]): number {
    const { text } = this;
    const at = text.indexOf(this.newline, start);
    const lineEnd = at < 0 ? text.length : at;
    if (this.quote < start) this.quote = indexOrEnd(text, QUOTE, start);
    if (this.quote < lineEnd) return this.quotedRecord(start, lineEnd, atEnd, into);
    if (at < 0 && !atEnd) return -1;
    const content = text.slice(start, this.contentEnd(start, lineEnd));
    if (content.length > RECORD_CHARS_MAX)
      into.push({ line: this.line, broken: 'too_long', raw: content.slice(0, RAW_CHARS_MAX) });
    else if (content !== '') into.push(this.toRecord(content.split(this.delimiter), content));
    this.line++;
    return lineEnd + 1;
  }

  private quotedRecord(start: number, lineEnd: number, atEnd: boolean, into: CsvRecord[]): number {
    const scan = this.scan(start, atEnd);
    if (scan === 'more' && this.text.length - start <= RECORD_CHARS_MAX) return -1;
    if (typeof scan === 'object') {
      into.push(
        this.toRecord(scan.fields, this.text.slice(start, Math.min(scan.end, start + RAW_CHARS_MAX))),
      );
      this.line += this.linesIn(start, scan.end) + 1;
      return scan.end + 1;
    }
    const broken = scan === 'more' ? 'quotes' : scan;
    into.push({
      line: this.line,
      broken,
      raw: this.text.slice(start, Math.min(this.contentEnd(start, lineEnd), start + RAW_CHARS_MAX)),
    });
    this.line++;
    return lineEnd + 1;
  }

  private scan(start: number, atEnd: boolean): Scan {
    const { text, delimiter, newline } = this;
    const fields: string[] = [];
    let lineEnd = -1;
    for (let at = start; ; at++) {
      if (fields.length >= COLUMNS_MAX) return 'too_many_columns';
      if (text[at] === QUOTE) {
        const closing = this.closingQuote(at + 1);
        if (closing < 0) return atEnd ? 'quotes' : 'more';
        const inner = text.slice(at + 1, closing);
        fields.push(inner.includes(QUOTE) ? inner.replaceAll('""', QUOTE) : inner);
        at = closing + 1;
        if (text[at] === '\r' && newline === '\n' && (text[at + 1] === '\n' || at + 1 === text.length)) at++;
        // The character after a quote decides whether it closed the field; at the end of a piece it is not there yet.
        if (at >= text.length) return atEnd ? { fields, end: at } : 'more';
        if (text[at] === newline) return { fields, end: at };
        if (text[at] !== delimiter) return 'quotes';
        continue;
      }
      const stop = text.indexOf(delimiter, at);
      if (lineEnd < at) {
        lineEnd = text.indexOf(newline, at);
        if (lineEnd < 0 && !atEnd) return 'more';
        if (lineEnd < 0) lineEnd = text.length;
      }
      if (stop < 0 || stop > lineEnd) {
        fields.push(text.slice(at, this.contentEnd(at, lineEnd)));
        return { fields, end: lineEnd };
      }
      fields.push(text.slice(at, stop));
      at = stop;
    }
  }

  private closingQuote(from: number): number {
    for (let at = this.text.indexOf(QUOTE, from); at >= 0; at = this.text.indexOf(QUOTE, at + 2)) {
      if (this.text[at + 1] !== QUOTE) return at;
    }
    return -1;
  }

  private contentEnd(start: number, lineEnd: number): number {
    return this.newline === '\n' && lineEnd > start && this.text[lineEnd - 1] === '\r'
      ? lineEnd - 1
      : lineEnd;
  }

  private toRecord(fields: string[], raw: string): CsvRecord {
    if (fields.length > COLUMNS_MAX)
      return { line: this.line, broken: 'too_many_columns', raw: raw.slice(0, RAW_CHARS_MAX) };
    return { line: this.line, fields };
  }

  private linesIn(start: number, end: number): number {
    let count = 0;
    for (
      let at = this.text.indexOf(this.newline, start);
      at >= 0 && at < end;
      at = this.text.indexOf(this.newline, at + 1)
    )
      count++;
    return count;
  }

  // A line without an end would grow until memory is full: it is reported once, and its rest thrown away as it comes.
  private dropOversized(records: CsvRecord[]): void {
    records.push({ line: this.line, broken: 'too_long', raw: this.text.slice(0, RAW_CHARS_MAX) });
    this.text = '';
    this.skipping = true;
  }

  private skipOversized(): number {
    const at = this.text.indexOf(this.newline);
    if (at < 0) return this.text.length;
    this.skipping = false;
    this.line++;
    return at + 1;
  }
}

function indexOrEnd(text: string, what: string, from: number): number {
  const at = text.indexOf(what, from);
  return at < 0 ? text.length : at;
}
