import type { Readable } from 'node:stream';
import iconv from 'iconv-lite';
import { detectDialect, SAMPLE_BYTES, type CsvDialect } from './csv-dialect.js';
import { CsvReader, type CsvRecord } from './csv-reader.js';

/** The records that one piece of the file completed, and how many bytes have been read with it. */
export type CsvPiece = { records: CsvRecord[]; bytesRead: number };

/** A CSV file as it streams by: its dialect is known once opened, its records come piece by piece. */
export class CsvFile {
  private constructor(
    readonly dialect: CsvDialect,
    private readonly head: Buffer,
    private readonly rest: AsyncIterator<Buffer>,
  ) {}

  /** Reads as much as detection needs; `given` is not detected. */
  static async open(source: Readable, given: { encoding?: string; delimiter?: string }): Promise<CsvFile> {
    const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    const head: Buffer[] = [];
    for (let bytes = 0; bytes < SAMPLE_BYTES;) {
      const next = await chunks.next();
      if (next.done) break;
      head.push(next.value);
      bytes += next.value.length;
    }
    const sample = Buffer.concat(head);
    return new CsvFile(detectDialect(sample.subarray(0, SAMPLE_BYTES), given), sample, chunks);
  }

  async *pieces(): AsyncGenerator<CsvPiece> {
    const decoder = iconv.getDecoder(this.dialect.encoding);
    const reader = new CsvReader(this.dialect.delimiter, this.dialect.newline);
    let bytesRead = this.head.length;
    yield { records: reader.push(decoder.write(this.head)), bytesRead };
    for (let next = await this.rest.next(); !next.done; next = await this.rest.next()) {
      bytesRead += next.value.length;
      yield { records: reader.push(decoder.write(next.value)), bytesRead };
    }
    yield { records: [...reader.push(decoder.end() ?? ''), ...reader.end()], bytesRead };
  }
}
