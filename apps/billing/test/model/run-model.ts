import fc, { type AsyncCommand } from 'fast-check';
import { STARTS_AT, System, type Billing } from './system.ts';
import { Run, STEPS } from './steps.ts';

const STEPS_MAX = 60;
/** Runs of one seed: what fails is found again in seconds. */
const RUNS_PER_SEED = 2;
const SHRINK_MS = 60_000;
const SEED_MAX = 2 ** 31;

export type ModelReport = { commands: number; runs: number; seeds: number };

/**
 * Has the posting core and the model do the same, on fresh wallets again and again, until so many commands were posted. The seeds
 * are `seed`, `seed + 1` and so on; each fails or holds by itself.
 * @throws Error naming the seed, with the shortest steps found that fail
 */
export async function runModel(
  billing: Billing,
  databaseUrl: string,
  { commands, seed }: { commands: number; seed: number },
): Promise<ModelReport> {
  const system = await System.open(billing, databaseUrl);
  const report: ModelReport = { commands: 0, runs: 0, seeds: 0 };
  try {
    for (let at = seed; report.commands < commands; at = (at + 1) % SEED_MAX) {
      await runSeed(system, at, report);
      report.seeds++;
    }
    return report;
  } finally {
    await system.close();
  }
}

async function runSeed(system: System, seed: number, report: ModelReport): Promise<void> {
  const steps = fc.commands(STEPS, { maxCommands: STEPS_MAX, size: 'max' });
  let failedAt: number | undefined;
  const property = fc.asyncProperty(steps, async (chosen) => {
    // Shorter steps are looked for as long as somebody may wait. A run is never left while it is under way: the next would meet it.
    if (failedAt !== undefined && Date.now() - failedAt > SHRINK_MS) return;
    try {
      await runOnce(system, chosen, report);
    } catch (error) {
      failedAt ??= Date.now();
      throw error;
    }
  });
  try {
    await fc.assert(property, { seed, numRuns: RUNS_PER_SEED });
  } catch (error) {
    const steps = error instanceof Error ? error.message : String(error);
    throw new Error(`The posting core and its model disagree; seed ${seed} shows it.\n${steps}`, {
      cause: error,
    });
  }
}

async function runOnce(
  system: System,
  chosen: Iterable<AsyncCommand<Run, System>>,
  report: ModelReport,
): Promise<void> {
  system.clock.nowMs = STARTS_AT;
  const run = new Run(system);
  await fc.asyncModelRun(() => ({ model: run, real: system }), chosen);
  await run.checkAll();
  report.commands += run.commands;
  report.runs++;
}
