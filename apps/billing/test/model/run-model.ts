import fc, { type AsyncCommand } from 'fast-check';
import { STARTS_AT, System, type Billing } from './system.ts';
import { Run, STEPS } from './steps.ts';

/** Runs of one seed: what fails is found again in seconds. */
const RUNS_PER_SEED = 2;
const SHRINK_MS = 60_000;
const SEED_MAX = 2 ** 31;
const SEEDS_FILE = 'apps/billing/test/model/regression-seeds.ts';

/** Of how many steps one is followed by a look at every row and every invariant; the end of a run always is. */
export const EVERY = 20;
/** The longest run, in steps. */
export const STEPS_MAX = 60;

export type ModelRun = {
  commands: number;
  /** This, the next one and so on, as many as the commands take. */
  seed: number;
  /** Seeds that are run before, each once. */
  first?: number[];
  every?: number;
  steps?: number;
};
export type ModelReport = { commands: number; runs: number; seeds: number };
type SeedRun = { seed: number; every: number; steps: number };

/**
 * Has the posting core and the model do the same, on fresh wallets again and again, until so many commands were posted. Each seed
 * fails or holds by itself.
 * @throws Error naming the seed, with the shortest steps found that fail
 */
export async function runModel(
  billing: Billing,
  databaseUrl: string,
  { commands, seed, first = [], every = EVERY, steps = STEPS_MAX }: ModelRun,
): Promise<ModelReport> {
  const system = await System.open(billing, databaseUrl);
  const report: ModelReport = { commands: 0, runs: 0, seeds: 0 };
  const run = async (one: number) => {
    await runSeed(system, { seed: one, every, steps }, report);
    report.seeds++;
  };
  try {
    for (const known of first) await run(known);
    for (let at = seed; report.commands < commands; at = (at + 1) % SEED_MAX) await run(at);
    return report;
  } finally {
    await system.close();
  }
}

async function runSeed(system: System, { seed, every, steps }: SeedRun, report: ModelReport): Promise<void> {
  const choice = fc.commands(STEPS, { maxCommands: steps, size: 'max' });
  let failedAt: number | undefined;
  const property = fc.asyncProperty(choice, async (chosen) => {
    // Shorter steps are looked for as long as somebody may wait. A run is never left while it is under way: the next would meet it.
    if (failedAt !== undefined && Date.now() - failedAt > SHRINK_MS) return;
    try {
      await runOnce(new Run(system, every), chosen, report);
    } catch (error) {
      failedAt ??= Date.now();
      throw error;
    }
  });
  try {
    await fc.assert(property, { seed, numRuns: RUNS_PER_SEED });
  } catch (error) {
    const shortest = error instanceof Error ? error.message : String(error);
    throw new Error(
      `The posting core and its model disagree; seed ${seed} shows it, with --every ${every} --steps ${steps}.\n` +
        `Once it is mended, add the seed to REGRESSION_SEEDS in ${SEEDS_FILE}.\n${shortest}`,
      { cause: error },
    );
  }
}

async function runOnce(
  run: Run,
  chosen: Iterable<AsyncCommand<Run, System>>,
  report: ModelReport,
): Promise<void> {
  const { system } = run;
  system.clock.nowMs = STARTS_AT;
  await fc.asyncModelRun(() => ({ model: run, real: system }), chosen);
  await run.checkAll();
  report.commands += run.commands;
  report.runs++;
}
