import { fuzzApi, type FuzzReport } from '../../../tools/fuzz/fuzz.ts';
import { PROOF_ENV } from '../../../tools/isolation/proof-env.ts';
import type { Platform } from '../../../tools/start/platform.ts';
import { endInstance, startInstance } from './instance.ts';

/** Enough to meet each kind of mutation on most operations; a night's run takes `FUZZ_RUNS=1000`. */
const RUNS_PER_OPERATION = 18;
/** The same requests in every run, so that a change is judged by what it changed; other seeds find what nobody thought of. */
const SEED = 20_261_129;

const runs = Number(process.env['FUZZ_RUNS'] ?? RUNS_PER_OPERATION);
const seed = Number(process.env['FUZZ_SEED'] ?? SEED);

describe(`the API, sent requests made from its document (FUZZ_SEED=${seed} FUZZ_RUNS=${runs})`, () => {
  let platform: Platform;
  let report: FuzzReport;
  const crashes: string[] = [];

  beforeAll(async () => {
    platform = await startInstance({
      fast: true,
      env: PROOF_ENV,
      onCrash: ({ name }) => void crashes.push(name),
    });
    report = await fuzzApi(platform, { runs, seed });
  });
  afterAll(() => endInstance(platform));

  it('answers each as documented, in time, without a failure of its own, and takes nothing that is not documented', () => {
    expect(report.failures).toEqual([]);
    expect(report.requests).toBeGreaterThan(report.operations);
  });

  it('loses no process and buries no event over it', () => {
    expect({ crashes, deadLetters: report.deadLetters }).toEqual({ crashes: [], deadLetters: 0 });
  });
});
