import iconv from 'iconv-lite';
import { detectDialect, DELIMITERS } from './csv-dialect.js';

const ROWS = [
  ['Vorname', 'Nachname', 'E-Mail'],
  ['Jörg', 'Müller', 'j@example.com'],
  ['Änne', 'Groß', 'a@example.com'],
];
const text = (delimiter: string) => ROWS.map((row) => row.join(delimiter)).join('\r\n');

describe('the dialect of a CSV file', () => {
  it.each([
    ['utf-8', 'utf-8', false],
    ['utf-8', 'utf-8', true],
    ['utf-16le', 'utf-16le', true],
    ['utf-16be', 'utf-16be', true],
    ['utf-16le', 'utf-16le', false],
    ['utf-16be', 'utf-16be', false],
    ['windows-1252', 'windows-1252', false],
  ])('is recognised in %s', (encoding, expected, addBOM) => {
    expect(detectDialect(iconv.encode(text(','), encoding, { addBOM })).encoding).toBe(expected);
  });

  it.each(DELIMITERS)('is recognised with delimiter %j', (delimiter) => {
    expect(detectDialect(Buffer.from(text(delimiter)))).toEqual({
      encoding: 'utf-8',
      delimiter,
      newline: '\n',
    });
  });

  it('is not misled by delimiters inside quotes', () => {
    expect(detectDialect(Buffer.from('name;email\n"a,b,c";x\n"d,e,f";y\n')).delimiter).toBe(';');
  });

  it('knows the line breaks of old Macs', () => {
    expect(detectDialect(Buffer.from('a,b\r1,2\r')).newline).toBe('\r');
  });

  it('is UTF-8 although the sample ends inside a character', () => {
    expect(detectDialect(Buffer.from('a,é').subarray(0, 3)).encoding).toBe('utf-8');
  });

  it('is not detected where it is given', () => {
    expect(detectDialect(Buffer.from('a,b;c'), { delimiter: ';', encoding: 'windows-1252' })).toMatchObject({
      delimiter: ';',
      encoding: 'windows-1252',
    });
  });

  it('of nothing is the commonest', () => {
    expect(detectDialect(Buffer.alloc(0))).toEqual({ encoding: 'utf-8', delimiter: ',', newline: '\n' });
  });
});
