import { randomInt } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runLogged } from '../infra/commands.ts';
import { ROOT, toolLog } from '../infra/paths.ts';
import { startPostgres } from '../infra/postgres.ts';

export const MODEL_USAGE = `npm run ledger:model [-- --commands N] [--seed S] [--every N] [--steps N]

Has the posting core and a model of it do the same at random, on a Postgres of its own, and stops where they disagree. Answers are
compared at once; every row and every invariant after every 20th step, or after every Nth with --every. A run is of at most 60 steps, or
of as many as --steps says.
A seed that failed fails again: give it with --commands 1 and the --every and --steps that it failed with.`;

const COMMANDS = 100_000;
const SEEDS = 2 ** 31;
const ROLE_SECRET = 'model';
const BILLING = join(ROOT, 'apps', 'billing');

type Runner = typeof import('../../apps/billing/test/model/run-model.ts');
type Billing = Parameters<Runner['runModel']>[0];

/** What `npm run ledger:model` takes. */
export const MODEL_OPTIONS = {
  commands: { type: 'string' },
  seed: { type: 'string' },
  every: { type: 'string' },
  steps: { type: 'string' },
} as const;
type ModelOptions = { [Name in keyof typeof MODEL_OPTIONS]?: string };

/**
 * Holds the posting core against its model for so many commands, and returns what to print.
 * @throws Error naming the seed and the shortest steps that fail
 */
export async function runLedgerModel({ commands, seed, every, steps }: ModelOptions): Promise<string> {
  const asked = {
    commands: wholeNumber(commands) ?? COMMANDS,
    seed: wholeNumber(seed) ?? randomInt(SEEDS),
    every: wholeNumber(every, 1),
    steps: wholeNumber(steps, 1),
  };
  await runLogged('nx', ['run-many', '-t', 'build'], { logFile: toolLog('build.log') });
  process.stdout.write(`seed ${asked.seed}\n`);
  const started = performance.now();
  const report = await onPrivatePostgres(async (adminUrl) => {
    const { migrateAll, roleUrl } = await import('@leadwire/persistence');
    const { migrations } = await built('migrations/index.js');
    await migrateAll({ adminUrl, roleSecret: ROLE_SECRET, services: [{ service: 'billing', migrations }] });
    const { runModel } = (await import(fileUrl('test/model/run-model.ts'))) as Runner;
    const billing = {
      ...(await built('ledger/open-postings.js')),
      ...(await built('audit/invariants.js')),
      ...(await built('wallets/freezing.js')),
      ...(await built('wallets/suspensions.js')),
      ...(await built('wallets/closing.js')),
      ...(await built('usage/corrections.js')),
    } as Billing;
    return runModel(billing, roleUrl(adminUrl, ROLE_SECRET, 'billing', 'app'), asked);
  });
  const seconds = (performance.now() - started) / 1_000;
  return `agreed on ${report.commands} commands in ${report.runs} runs, ${seconds.toFixed(1)} s`;
}

async function onPrivatePostgres<T>(work: (adminUrl: string) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'leadwire-model-'));
  // As root, Postgres runs as another user, who must be able to pass through.
  chmodSync(dir, 0o711);
  const postgres = await startPostgres({
    dir: join(dir, 'postgres'),
    logFile: join(dir, 'postgres.log'),
    fast: true,
  });
  try {
    return await work(postgres.adminUrl);
  } finally {
    await postgres.stop();
    postgres.removeData();
    rmSync(dir, { recursive: true, force: true });
  }
}

function fileUrl(path: string): string {
  return pathToFileURL(join(BILLING, path)).href;
}

function built(path: string) {
  return import(fileUrl(join('dist', path)));
}

function wholeNumber(text: string | undefined, least = 0): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value >= SEEDS) throw new Error(MODEL_USAGE);
  return value;
}
