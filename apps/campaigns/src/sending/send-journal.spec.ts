import { appendFileSync, existsSync, mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId } from '@leadwire/kernel';
import { pruneJournals, readJournal, SendJournal } from './send-journal.js';

describe('the send journal', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'leadwire-journal-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it('tells how far each mail came, readable while it is still being written', () => {
    const journal = new SendJournal(dir);
    const [a, b, c] = [newId(), newId(), newId()];
    journal.write('handed-over', a);
    journal.write('handed-over', b);
    journal.write('accepted', a);
    journal.write('handed-over', c);
    journal.write('refused', c);
    expect(readJournal(dir, journal.id)).toEqual(
      new Map([
        [a, 'accepted'],
        [b, 'handed-over'],
        [c, 'refused'],
      ]),
    );
  });

  it('ignores a line that was cut off, because its write came before the deed', () => {
    const journal = new SendJournal(dir);
    appendFileSync(join(dir, `${journal.id}.journal`), `> ${newId().slice(0, 20)}`);
    expect(readJournal(dir, journal.id)?.size).toBe(0);
  });

  it('is unknown where it was not written', () => {
    expect(readJournal(dir, newId())).toBeUndefined();
  });

  it('goes when it is retired and everything in it is settled', () => {
    const journal = new SendJournal(dir);
    journal.claimed();
    journal.retire();
    expect(readJournal(dir, journal.id)).toBeDefined();
    journal.settled();
    expect(readJournal(dir, journal.id)).toBeUndefined();
  });

  it('is pruned when it is a week old', async () => {
    const journal = new SendJournal(dir);
    const path = join(dir, `${journal.id}.journal`);
    await pruneJournals(dir);
    expect(existsSync(path)).toBe(true);
    utimesSync(path, new Date(0), new Date(0));
    await pruneJournals(dir);
    expect(existsSync(path)).toBe(false);
  });
});
