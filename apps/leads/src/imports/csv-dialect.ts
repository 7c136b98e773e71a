import chardet from 'chardet';
import iconv from 'iconv-lite';
import { CsvReader } from './csv-reader.js';

/** How a file is written: what must be known before its first record can be read. */
export type CsvDialect = { encoding: string; delimiter: string; newline: '\n' | '\r' };

/** Bytes from the start of a file that detection looks at. */
export const SAMPLE_BYTES = 64 * 1024;
export const DELIMITERS = [',', ';', '\t', '|'] as const;
const SAMPLE_RECORDS = 50;
/** Below this share of NULs in one half of the byte pairs, text is not UTF-16. */
const UTF16_NUL_SHARE = 0.3;
const CHARDET_CONFIDENCE_MIN = 60;
/** Encodings that bytes give away; among the Western single-byte ones nothing can be told apart, and Windows-1252 is what Excel writes. */
const TELLING = new Set(['Shift_JIS', 'EUC-JP', 'EUC-KR', 'Big5', 'GB18030', 'windows-1251', 'KOI8-R']);

/** Finds out encoding, delimiter and line break from the first bytes of a file, as far as they are not given. */
export function detectDialect(
  sample: Buffer,
  given: { encoding?: string; delimiter?: string } = {},
): CsvDialect {
  const encoding = given.encoding ?? detectEncoding(sample);
  const text = iconv.getDecoder(encoding).write(sample);
  const newline = text.includes('\r') && !text.includes('\n') ? '\r' : '\n';
  return { encoding, delimiter: given.delimiter ?? detectDelimiter(text, newline), newline };
}

/** The encoding of the text that begins with `sample`, by byte order mark, then by its bytes. */
export function detectEncoding(sample: Buffer): string {
  if (sample[0] === 0xef && sample[1] === 0xbb && sample[2] === 0xbf) return 'utf-8';
  if (sample[0] === 0xff && sample[1] === 0xfe) return 'utf-16le';
  if (sample[0] === 0xfe && sample[1] === 0xff) return 'utf-16be';
  const utf16 = utf16ByNuls(sample);
  if (utf16) return utf16;
  if (isUtf8(sample)) return 'utf-8';
  const guess = chardet.analyse(sample)[0];
  return guess && guess.confidence >= CHARDET_CONFIDENCE_MIN && TELLING.has(guess.name)
    ? guess.name
    : 'windows-1252';
}

// Latin text in UTF-16 has a NUL in every pair, always on the same side.
function utf16ByNuls(sample: Buffer): string | undefined {
  const pairs = Math.floor(sample.length / 2);
  let first = 0;
  let second = 0;
  for (let i = 0; i < pairs; i++) {
    if (sample[2 * i] === 0) first++;
    if (sample[2 * i + 1] === 0) second++;
  }
  if (second > pairs * UTF16_NUL_SHARE && first < second / 10) return 'utf-16le';
  if (first > pairs * UTF16_NUL_SHARE && second < first / 10) return 'utf-16be';
  return undefined;
}

function isUtf8(sample: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(sample, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** The delimiter that cuts the first records into the most columns, evenly. A file of one column has a comma. */
export function detectDelimiter(text: string, newline: '\n' | '\r'): string {
  let best: string = DELIMITERS[0];
  let bestScore = 0;
  for (const delimiter of DELIMITERS) {
    const score = evenness(new CsvReader(delimiter, newline).push(text + newline).slice(0, SAMPLE_RECORDS));
    if (score > bestScore) [best, bestScore] = [delimiter, score];
  }
  return best;
}

function evenness(records: ReturnType<CsvReader['push']>): number {
  const [header] = records;
  if (!header || 'broken' in header || header.fields.length < 2) return 0;
  const width = header.fields.length;
  const even = records.filter((record) => 'fields' in record && record.fields.length === width).length;
  return (even / records.length) * width;
}
