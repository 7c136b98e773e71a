// `npm test [-- <project>[,<project>…] [Jest options]]`: every check, on a throw-away Postgres and NATS.
import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { natsServerBinary } from './infra/nats-binary.ts';
import { ROOT, toolEnv } from './infra/paths.ts';
import { endProcess, processesNaming } from './infra/processes.ts';
import { startPostgres, type PostgresServer } from './infra/postgres.ts';
import { describeFailure } from './start/failure.ts';
import { TestCounter } from './test/count.ts';
import { dependenciesRefusing } from './test/engines.ts';
import { projectPattern, projectsAreConnected } from './test/projects.ts';

/**
 * Which projects are tested one after the other, each by one Jest worker, while the other lanes go on: specs wait for Postgres, NATS and
 * each other half of their time. Two lanes that take as long as all the rest; whatever is not named is the third.
 */
const LANES = [
  ['apps/e2e', 'apps/sandbox'],
  ['apps/billing', 'apps/campaigns', 'tools'],
].map((lane) => lane.join(','));
const FORCE_STOP_MS = 10_000;

const [projects, ...jestArguments] = process.argv[2]?.startsWith('-')
  ? ['', ...process.argv.slice(2)]
  : process.argv.slice(2);
const counter = new TestCounter();
const work = mkdtempSync(join(tmpdir(), 'leadwire-test-'));
// As root, Postgres runs as another user, who must be able to pass through.
chmodSync(work, 0o711);

const children = new Set<ChildProcess>();
let postgres: PostgresServer | undefined;
let interrupted = false;

class StepFailure extends Error {}

/** Runs a command in a process group of its own, so that an interrupt ends all of it; `onOutput` sees what it prints. */
function run(
  command: string,
  args: string[],
  env: NodeJS.ProcessEnv = {},
  onOutput?: (text: string) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (interrupted) return reject(new StepFailure('was interrupted'));
    const child = spawn(command, args, {
      cwd: ROOT,
      env: { ...toolEnv(), ...env, FORCE_COLOR: process.stdout.isTTY ? '1' : '0' },
      stdio: ['ignore', onOutput ? 'pipe' : 'inherit', 'inherit'],
      detached: true,
    });
    children.add(child);
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      process.stdout.write(text);
      onOutput?.(text);
    });
    child.once('error', (error) => reject(new StepFailure(`could not be started: ${error.message}`)));
    child.once('close', (code, signal) => {
      children.delete(child);
      if (code === 0) resolve();
      else reject(new StepFailure(`ended with ${signal ?? `exit code ${code}`}`));
    });
  });
}

async function checkEngines(): Promise<void> {
  const refused = dependenciesRefusing(ROOT, process.versions.node);
  if (refused.length > 0)
    throw new StepFailure(`found dependencies that refuse our Node:\n    ${refused.join('\n    ')}`);
}

async function runTests(): Promise<void> {
  const [server, natsBinary] = await Promise.all([
    startPostgres({ dir: join(work, 'postgres'), logFile: join(work, 'postgres.log'), fast: true }),
    natsServerBinary(),
  ]);
  postgres = server;
  const env = { TEST_DATABASE_ADMIN_URL: server.adminUrl, NATS_SERVER_BIN: natsBinary, TMPDIR: work };
  // A result from a cache proves nothing about this machine; and whoever passes options to Jest wants to see it run.
  const uncached = process.env.CI || jestArguments.length > 0 ? ['--skip-nx-cache'] : [];
  const test = (...which: string[]): Promise<void> => {
    const nx = [
      'run-many',
      '-t',
      'test',
      '--parallel',
      '1',
      '--output-style',
      'static',
      ...which,
      ...uncached,
    ];
    return run('nx', [...nx, '--', '-w', '1', ...jestArguments], env, (text) => counter.add(text));
  };
  if (projects) return test('-p', projectPattern(ROOT, projects));
  const lanes = [...LANES.map((lane) => test('-p', lane)), test('--exclude', LANES.join(','))];
  const failed = (await Promise.allSettled(lanes)).find((lane) => lane.status === 'rejected');
  if (failed) throw failed.reason;
}

/** Format, lint and types at once: each is one process, and the longest takes as long as the others together. */
async function checkSources(): Promise<void> {
  // Without it ESLint allows every import, and a result from Nx's cache outlives a change of what a project stands on.
  if (!projectsAreConnected(ROOT)) throw new StepFailure('found that Nx does not know who imports whom');
  const checks = [
    run('eslint', ['--max-warnings', '0', '.']),
    run('prettier', ['--check', '--log-level', 'warn', '.']),
    run('node', ['node_modules/typescript-native/bin/tsc', '--noEmit', '-p', 'tsconfig.json']),
  ];
  const failed = (await Promise.allSettled(checks)).find((check) => check.status === 'rejected');
  if (failed) throw failed.reason;
}

type Step = [label: string, work: () => Promise<void>];
const engines: Step = ['Engines of the dependencies', checkEngines];
// Before the lint, for the boundaries that ESLint watches come from the project graph that Nx leaves behind.
const build: Step = ['Build', () => run('nx', ['run-many', '-t', 'build'])];
const sources: Step = ['Format, lint and types', checkSources];
const tests: Step = ['Tests', runTests];
const steps = projects ? [build, tests] : [engines, build, sources, tests];

let cleaning: Promise<void> | undefined;
/** Ends and removes everything this run made; an interrupt and the end of the run may both ask for it. */
function cleanUp(): Promise<void> {
  return (cleaning ??= removeAll());
}

async function removeAll(): Promise<void> {
  await Promise.all([...children].map(endGroup));
  await postgres?.stop('immediate');
  postgres?.removeData();
  // Platforms that an interrupted spec had started: every one of them lives in a folder of this run's own.
  for (const record of processesNaming(work)) await endProcess(record, 'SIGKILL', FORCE_STOP_MS);
  rmSync(work, { recursive: true, force: true });
}

async function endGroup(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const group = -child.pid;
  const ended = new Promise((resolve) => child.once('close', resolve));
  process.kill(group, 'SIGTERM');
  const force = setTimeout(() => process.kill(group, 'SIGKILL'), FORCE_STOP_MS);
  await ended;
  clearTimeout(force);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    interrupted = true;
    void cleanUp().then(() => process.exit(130));
  });
}

let ok = true;
for (const [label, work] of steps) {
  const startedAt = Date.now();
  process.stdout.write(`\n${styleText('bold', `── ${label}`)}\n`);
  try {
    await work();
    process.stdout.write(
      `${styleText('green', '✓')} ${label} ${((Date.now() - startedAt) / 1000).toFixed(1)} s\n`,
    );
  } catch (error) {
    ok = false;
    process.stderr.write(
      error instanceof StepFailure ? `✗ ${label} ${error.message}\n` : `${describeFailure(error)}\n`,
    );
    break;
  }
}
await cleanUp();
// A check that fails before the tests is a failure like any other: the last line must never read as success then.
if (!ok && counter.total.failed === 0) counter.total.failed = 1;
process.stdout.write(`\n${counter.total.passed} passed, ${counter.total.failed} failed\n`);
process.exitCode = ok ? 0 : 1;
