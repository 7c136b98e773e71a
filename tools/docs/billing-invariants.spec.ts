import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../infra/paths.ts';

const ROW = /^\| (I\d+) +\|.*$/gm;
const TEST = /`([\w./-]+\.spec\.ts)`\s+“([^”]+)”/g;

const CATALOGUE = join(ROOT, 'apps/billing/src/audit/audited.ts');
const { AUDITED: invariants } = (await import(pathToFileURL(CATALOGUE).href)) as Pick<
  typeof import('../../apps/billing/src/audit/audited.ts'),
  'AUDITED'
>;
const page = readFileSync(join(ROOT, 'docs/billing-invariants.md'), 'utf8');
const rows = [...page.matchAll(ROW)].map(([line, id]) => ({ id: id as string, line }));

describe('docs/billing-invariants.md', () => {
  it('has a row for every invariant that is audited, each once', () => {
    const ids = rows.map(({ id }) => id);
    const audited = invariants.map(({ id }) => id);
    expect(audited.length).toBeGreaterThan(15);
    expect(audited.filter((id) => !ids.includes(id))).toEqual([]);
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
