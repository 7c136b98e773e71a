import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { CsvReader, RECORD_CHARS_MAX, type CsvRecord } from './csv-reader.js';

const read = (text: string, delimiter = ',', pieceLength = text.length || 1): CsvRecord[] => {
  const reader = new CsvReader(delimiter);
  const records: CsvRecord[] = [];
  for (let at = 0; at < text.length; at += pieceLength)
    records.push(...reader.push(text.slice(at, at + pieceLength)));
  return [...records, ...reader.end()];
};
const fieldsOf = (records: CsvRecord[]) =>
  records.map((record) => ('fields' in record ? record.fields : record.broken));
const quoted = (field: string) => `"${field.replaceAll('"', '""')}"`;

describe('a CSV file', () => {
  it('is read as a general parser reads it, however it is cut into pieces', () => {
    const field = fc.string({
      unit: fc.constantFrom('a', 'é', ' ', ',', '"', '\n', '\r\n', '😀'),
      maxLength: 6,
    });
    const rows = fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(
        rows,
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom('\n', '\r\n'),
        (table, pieceLength, newline) => {
          const text = table.map((row) => row.map(quoted).join(',')).join(newline) + newline;
          const expected: unknown = parse(text, { relax_column_count: true, record_delimiter: newline });
          expect(fieldsOf(read(text, ',', pieceLength))).toEqual(expected);
        },
      ),
    );
  });

  it('keeps spaces, empty fields and quotes inside unquoted fields', () => {
    expect(fieldsOf(read('a, b ,,5" pipe\n'))).toEqual([['a', ' b ', '', '5" pipe']]);
  });

  it('needs no line break at its end, and may have blank lines', () => {
    expect(fieldsOf(read('a,b\r\n\r\n\n1,2'))).toEqual([
      ['a', 'b'],
      ['1', '2'],
    ]);
  });

  it('says on which line each record begins', () => {
    const records = read('a,b\n"1\n1",2\n\n3,4\n');
    expect(records.map(({ line }) => line)).toEqual([1, 2, 5]);
  });

  it.each([
    ['text behind a closing quote', 'a,b\n1,"2"x\n3,4\n5,6\n'],
    ['a quote that is never closed', 'a,b\n1,"2\n3,4\n5,6\n'],
  ])('loses one line to %s', (_, text) => {
    const records = read(text);
    expect(fieldsOf(records)).toEqual([['a', 'b'], 'quotes', ['3', '4'], ['5', '6']]);
    expect(records[1]).toMatchObject({ line: 2, raw: expect.stringContaining('1,"2') });
  });

  it('reports a line without an end once, keeps no more of it than it must, and goes on behind it', () => {
    const reader = new CsvReader(',');
    const records = reader.push('a,b\n');
    for (let i = 0; i < 40; i++) records.push(...reader.push('x'.repeat(RECORD_CHARS_MAX / 10)));
    records.push(...reader.push('\n1,2\n'), ...reader.end());
    expect(fieldsOf(records)).toEqual([['a', 'b'], 'too_long', ['1', '2']]);
    expect(records.map(({ line }) => line)).toEqual([1, 2, 3]);
  });

  it('refuses a line of too many columns, quoted or not', () => {
    expect(fieldsOf(read(`${'x,'.repeat(600)}x\n${'"x",'.repeat(600)}"x"\n1,2\n`))).toEqual([
      'too_many_columns',
      'too_many_columns',
      ['1', '2'],
    ]);
  });
});
