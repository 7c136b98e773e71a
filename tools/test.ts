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
import { TestCounter, type TestCount } from './test/count.ts';
import { dependenciesRefusing } from './test/engines.ts';
import { foldersOf, projectsAreConnected, testedFolders } from './test/projects.ts';

/**
 * Which projects are tested one after the other while the other lanes go on: specs wait for Postgres, NATS and each other half of their
 * time. These take as long as all the rest, which is the third lane. The projects of a batch share a process, which loads and warms up
 * Nest, TypeORM and our sources once.
 */
const LONG_BATCHES = [
  ['apps/e2e', 'apps/leads'],
  ['apps/billing', 'apps/campaigns', 'apps/sandbox'],
];
/** How Node runs Jest on our sources; see tools/jest. */
const JEST = [
  ...['--import', './tools/jest/sources.mjs', '--conditions', 'leadwire-source'],
  ...['--enable-source-maps', '--no-warnings', 'node_modules/jest/bin/jest.js'],
];
const FORCE_STOP_MS = 10_000;
/** What Jest says when its work is done and something that a spec left open keeps it from ending. */
const NOT_EXITING = 'Jest did not exit';
/** Some connections close late, so it is given this long. */
const EXIT_PATIENCE_MS = 60_000;

const [projects, ...jestArguments] = process.argv[2]?.startsWith('-')
  ? ['', ...process.argv.slice(2)]
  : process.argv.slice(2);
const total: TestCount = { passed: 0, failed: 0 };
const work = mkdtempSync(join(tmpdir(), 'leadwire-test-'));
// As root, Postgres runs as another user, who must be able to pass through.
chmodSync(work, 0o711);

const children = new Set<ChildProcess>();
let postgres: PostgresServer | undefined;
let interrupted = false;

class StepFailure extends Error {}

/** Runs a command in a process group of its own, so that an interrupt ends all of it; the tests it prints are added to `total`. */
function run(command: string, args: string[], env: NodeJS.ProcessEnv = {}, total?: TestCount): Promise<void> {
  const output = total ? 'pipe' : 'inherit';
  return new Promise((resolve, reject) => {
    if (interrupted) return reject(new StepFailure('was interrupted'));
    const child = spawn(command, args, {
      cwd: ROOT,
      env: { ...toolEnv(), ...env, FORCE_COLOR: process.stdout.isTTY ? '1' : '0' },
      stdio: ['ignore', output, output],
      detached: true,
    });
    children.add(child);
    for (const stream of [child.stdout, child.stderr]) {
      const counter = total && new TestCounter(total);
      stream?.setEncoding('utf8').on('data', (text: string) => {
        process.stdout.write(text);
        counter?.add(text);
        // A spec left something open. Its results are out; without this the run would never end.
        if (text.includes(NOT_EXITING)) setTimeout(() => void endGroup(child), EXIT_PATIENCE_MS).unref();
      });
    }
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
  const test = (folders: string[]): Promise<void> =>
    run('node', [...JEST, '--projects', ...folders, '-w', '1', ...jestArguments], env, total);
  const testing = (folders: string[]) => () => test(folders);
  const lanes = projects
    ? [[testing(foldersOf(ROOT, projects))]]
    : [[checkSources, ...theRest().map(testing)], ...LONG_BATCHES.map((batch) => [testing(batch)])];
  const results = await Promise.allSettled(lanes.flatMap(inTurn));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

/** Libraries, apps and tools each by themselves: specs of libraries declare events that the documents, which tools make, must not name. */
function theRest(): string[][] {
  const rest = testedFolders(ROOT).filter((folder) => !LONG_BATCHES.flat().includes(folder));
  return Object.values(Object.groupBy(rest, (folder) => folder.split('/')[0] ?? folder)) as string[][];
}

/** Starts each piece of work when the one before has ended, well or not. */
function inTurn(pieces: (() => Promise<void>)[]): Promise<void>[] {
  let before: Promise<unknown> = Promise.resolve();
  return pieces.map((piece) => {
    const result = before.then(piece);
    before = result.catch(() => undefined);
    return result;
  });
}

/** Format, lint and types, beside the first tests: what is wrong here ends those, too. */
async function checkSources(): Promise<void> {
  const startedAt = Date.now();
  try {
    // Without it ESLint allows every import.
    if (!projectsAreConnected(ROOT)) throw new StepFailure('found that Nx does not know who imports whom');
    await run('eslint', ['--max-warnings', '0', '.']);
    await run('prettier', ['--check', '--log-level', 'warn', '.']);
    await run('node', ['node_modules/typescript-native/bin/tsc', '--noEmit', '-p', 'tsconfig.json']);
  } catch (error) {
    interrupted = true;
    await Promise.all([...children].map(endGroup));
    throw error instanceof StepFailure
      ? new StepFailure(`were stopped: the check of format, lint and types ${error.message}`)
      : error;
  }
  done('Format, lint and types', startedAt);
}

function done(label: string, startedAt: number): void {
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  process.stdout.write(`${styleText('green', '✓')} ${label} ${seconds} s\n`);
}

type Step = [label: string, work: () => Promise<void>];
const engines: Step = ['Engines of the dependencies', checkEngines];
// Before the lint, for the boundaries that ESLint watches come from the project graph that Nx leaves behind.
const build: Step = ['Build', () => run('nx', ['run-many', '-t', 'build'])];
const tests: Step = ['Tests', runTests];
const steps = projects ? [build, tests] : [engines, build, tests];

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
    done(label, startedAt);
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
if (!ok && total.failed === 0) total.failed = 1;
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed\n`);
process.exitCode = ok ? 0 : 1;
