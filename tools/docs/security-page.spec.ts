import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../infra/paths.ts';

/** The rows of OWASP ASVS 5.0 that bind what Leadwire is today. */
const BINDING = [
  ['1.2.10 1.3.6 1.3.7 1.3.11 1.3.12 1.5.3 2.3.3 2.3.4 2.4.1'],
  ['3.3.1 3.3.2 3.3.3 3.3.4 3.4.1 3.4.2 3.4.3 3.4.4 3.4.6 3.5.1 3.5.2 3.5.3 3.7.2'],
  ['4.1.1 4.1.3 4.1.4 4.2.1 4.4.2 5.2.1 5.2.2 5.2.3 5.2.6 5.4.2 5.4.3'],
  ['6.1.1 6.1.2 6.2.1 6.2.2 6.2.3 6.2.4 6.2.5 6.2.6 6.2.7 6.2.8 6.2.9 6.2.10 6.2.11 6.2.12'],
  ['6.3.1 6.3.2 6.3.3 6.3.6 6.3.8 6.4.1 6.4.2 6.4.3 6.5.1 6.5.2 6.5.5'],
  [
    '6.6.3 6.8.1 6.8.2 6.8.3 6.8.4 7.1.1 7.1.2 7.1.3 7.2.1 7.2.2 7.2.3 7.2.4 7.3.1 7.3.2 7.4.1 7.4.2 7.4.3 7.4.5 7.5.1 7.5.2',
  ],
  ['8.1.1 8.1.2 8.2.1 8.2.2 8.2.3 8.3.2 8.3.3 8.4.1 9.1.1 9.1.2 9.1.3 9.2.1 9.2.2 9.2.3 9.2.4'],
  [
    '10.1.1 10.2.2 10.4.2 10.4.5 10.4.6 10.4.8 10.5.1 10.5.3 11.1.2 11.3.1 11.3.2 11.3.4 11.4.1 11.4.2 11.5.1',
  ],
  ['12.1.1 12.2.1 12.3.1 12.3.3'],
  ['13.1.3 13.2.1 13.2.4 13.2.5 13.3.1 13.4.5 14.2.1 14.2.6 14.2.7 14.3.2 15.3.3 15.3.6 15.3.7'],
  ['16.2.1 16.2.2 16.2.4 16.2.5 16.3.1 16.3.2 16.4.2 16.5.1 16.5.3'],
].flatMap(([ids]) => (ids as string).split(' '));
const ROW = /^\| +(\d+\.\d+\.\d+) +\|.*$/gm;
const TEST = /`([\w./-]+\.ts)` “([^”]+)”/g;

const page = readFileSync(join(ROOT, 'docs/security.md'), 'utf8');
const [holding = '', open = ''] = page.split('## Rows that do not hold yet');
const rowsOf = (text: string) => [...text.matchAll(ROW)].map(([line, id]) => ({ id: id as string, line }));

describe('docs/security.md', () => {
  it('has every row that binds us exactly once: it holds, or it does not yet', () => {
    const ids = [...rowsOf(holding), ...rowsOf(open)].map(({ id }) => id);
    expect(ids.toSorted()).toEqual(BINDING.toSorted());
  });

  it('names a test for every row that holds', () => {
    const unproven = rowsOf(holding).filter(({ line }) => [...line.matchAll(TEST)].length === 0);
    expect(unproven.map(({ id }) => id)).toEqual([]);
  });

  it('names tests that exist, by the titles that they have', () => {
    const tests = [...page.matchAll(TEST)].map(([, file = '', title = '']) => ({ file, title }));
    expect(tests.length).toBeGreaterThan(BINDING.length / 2);
    expect(tests.filter((test) => !exists(test))).toEqual([]);
  });
});

function exists({ file, title }: { file: string; title: string }): boolean {
  const path = join(ROOT, file);
  if (!existsSync(path)) return false;
  const text = readFileSync(path, 'utf8');
  return ["'", '"', '`'].some((quote) => text.includes(quote + title + quote));
}
