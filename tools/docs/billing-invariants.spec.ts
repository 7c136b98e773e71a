import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../infra/paths.ts';

const AUDIT = join(ROOT, 'apps/billing/src/audit');
const ROW = /^\| (I\d+) +\|.*$/gm;
const TEST = /`([\w./-]+\.spec\.ts)`\s+“([^”]+)”/g;

const page = readFileSync(join(ROOT, 'docs/billing-invariants.md'), 'utf8');
const rows = [...page.matchAll(ROW)].map(([line, id]) => ({ id: id as string, line }));

/** Every invariant that the audit has a query for. */
function audited(): string[] {
  const code = readdirSync(AUDIT).map((file) => readFileSync(join(AUDIT, file), 'utf8'));
  return [
    ...new Set(code.flatMap((text) => [...text.matchAll(/\bid: '(I\d+)'/g)].map(([, id]) => id as string))),
  ];
}

describe('docs/billing-invariants.md', () => {
  it('has a row for every invariant that is audited, each once', () => {
    const ids = rows.map(({ id }) => id);
    expect(audited().length).toBeGreaterThan(10);
    expect(audited().filter((id) => !ids.includes(id))).toEqual([]);
    expect(ids).toEqual([...new Set(ids)]);
  });

  it('names a guard and a test for each', () => {
    const bare = rows.filter(({ line }) => {
      const [, , , guard = ''] = line.split('|');
      return guard.trim() === '' || [...line.matchAll(TEST)].length === 0;
    });
    expect(bare).toEqual([]);
  });

  it('names tests that exist, by the titles that they have', () => {
    const tests = [...page.matchAll(TEST)].map(([, file = '', title = '']) => ({ file, title }));
    expect(tests.length).toBeGreaterThanOrEqual(rows.length);
    expect(tests.filter((test) => !exists(test))).toEqual([]);
  });
});

function exists({ file, title }: { file: string; title: string }): boolean {
  const path = join(ROOT, file);
  if (!existsSync(path)) return false;
  const text = readFileSync(path, 'utf8');
  return ["'", '"', '`'].some((quote) => text.includes(quote + title + quote));
}
