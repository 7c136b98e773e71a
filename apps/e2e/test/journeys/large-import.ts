import { openAsBlob, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@leadwire/testing';
import { peakMb } from '../../../../tools/bench/machine.ts';
import { ApiClient } from '../../../../tools/demo/client.ts';
import { writeLeadsFile } from '../../../../tools/fixtures/leads-file.ts';
import type { Platform } from '../../../../tools/start/platform.ts';
import type { World } from './world.ts';

const MILLION = 1_000_000;
const SMALL = 10_000;
/** So many people are in the million rows; after them the same ones come again. */
const PEOPLE = 1_000;
const DEADLINE_MS = 240_000;
/** What V8 may keep of garbage between the two files, on top of what 10,000 rows took. */
const SLACK = 1.5;

type Import = { id: string; status: string; imported: number; duplicates: number; rejected: number };

export function largeImportJourney(world: () => World): void {
  describe('a file of a million rows', () => {
    let platform: Platform;
    let dir: string;

    beforeAll(() => {
      dir = mkdtempSync(join(tmpdir(), 'leadwire-rows-'));
      ({ platform } = world());
    });
    afterAll(() => rmSync(dir, { recursive: true, force: true }));

    async function importRows(rows: number, people: number): Promise<Import> {
      const api = new ApiClient(platform.urls.api);
      await api.signUp(`Team of ${rows}`, `rows-${rows}@leadwire.test`, 'a long enough password');
      const file = join(dir, `${rows}.csv`);
      await writeLeadsFile(file, rows, people);
      const { id } = await api.upload<Import>('/lead-imports', 'leads.csv', await openAsBlob(file));
      return eventually(async () => {
        const state = await api.get<Import>(`/lead-imports/${id}`);
        return state.status === 'completed' && state;
      }, DEADLINE_MS);
    }
    const peak = () => peakMb(platform.pids().leads as number);

    it('is imported in the memory that ten thousand take', async () => {
      expect(await importRows(SMALL, SMALL)).toMatchObject({ imported: SMALL, duplicates: 0, rejected: 0 });
      const small = peak();
      expect(await importRows(MILLION, PEOPLE)).toMatchObject({
        imported: PEOPLE,
        duplicates: MILLION - PEOPLE,
        rejected: 0,
      });
      expect(peak()).toBeLessThan(SLACK * small);
    });
  });
}
