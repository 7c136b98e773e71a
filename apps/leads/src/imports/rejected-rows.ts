import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import type { ObjectStorage } from '@leadwire/platform';

/** What spreadsheets take for a formula (OWASP, "CSV injection"): a rejected file is opened in one. */
const FORMULA = /^[=+\-@\t\r]/;
const NEEDS_QUOTES = /[",\r\n]/;

/**
 * Writes the file of rejected rows while the import runs: the line and the reason, then the row as it was. It exists in
 * the storage only when at least one row was rejected and the import came to its end.
 */
export class RejectedRows {
  private stream?: PassThrough;
  private stored?: Promise<number>;

  constructor(
    private readonly storage: ObjectStorage,
    private readonly key: string,
    private readonly header: readonly string[],
  ) {}

  async add(line: number, reason: string, fields: readonly string[]): Promise<void> {
    if (!this.stream) {
      this.stream = new PassThrough();
      this.stored = this.storage.put(this.key, this.stream);
      // It is awaited at the end; until then a failure shows as a stream that takes no more.
      this.stored.catch(() => this.stream?.destroy());
      // Excel reads UTF-8 only behind a byte order mark.
      this.stream.write(`\uFEFF${csvLine(['line', 'reason', ...this.header])}`);
    }
    if (this.stream.destroyed) await this.stored;
    if (!this.stream.write(csvLine([String(line), reason, ...fields]))) {
      await Promise.race([once(this.stream, 'drain'), this.stored]);
    }
  }

  /** Completes the file; answers its key, or null when nothing was rejected. */
  async finish(): Promise<string | null> {
    if (!this.stream) return null;
    this.stream.end();
    await this.stored;
    return this.key;
  }

  /** Leaves no file behind. */
  async abandon(): Promise<void> {
    this.stream?.destroy(new Error('the import ended early'));
    await this.stored?.catch(() => undefined);
  }
}

function csvLine(fields: readonly string[]): string {
  return `${fields.map(cell).join(',')}\r\n`;
}

function cell(value: string): string {
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
