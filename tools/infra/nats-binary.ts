import { execFile } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDir } from './paths.ts';

const run = promisify(execFile);

/** The oldest server whose JetStream does what we use. */
export const NATS_VERSION_MIN = '2.9.0';
const APT_TIMEOUT_MS = 120_000;

const INSTALL_HINT =
  'Fix: install it ("sudo apt-get install nats-server", "brew install nats-server", or a release of nats-io/nats-server on the PATH), ' +
  'or set NATS_URL to a NATS server with JetStream.';

/** Where a nats-server already is: on the PATH, or fetched before. */
export function findNatsServer(): string | undefined {
  const candidates = (process.env.PATH ?? '').split(delimiter).map((dir) => join(dir, 'nats-server'));
  return [process.env.NATS_SERVER_BIN, ...candidates, cachedNatsServer()].find(
    (file) => file && isExecutable(file),
  );
}

/**
 * The nats-server to run: from the PATH, else from the cache, else the distribution's package, fetched into the cache
 * folder by apt as whoever we are, without touching the system.
 * @throws Error that says what to install when none of that works.
 */
export async function natsServerBinary(): Promise<string> {
  const found = findNatsServer();
  if (found) return found;
  if (!isExecutable('/usr/bin/apt-get'))
    throw new Error(`There is no nats-server on this machine. ${INSTALL_HINT}`);
  try {
    return await fetchWithApt();
  } catch (error) {
    const reason = (error as { stderr?: string }).stderr?.trim().split('\n').at(-1) ?? String(error);
    throw new Error(
      `nats-server is not on the PATH and could not be fetched with apt (${reason}). ${INSTALL_HINT}`,
      { cause: error },
    );
  }
}

/** The version a nats-server binary reports, e.g. `2.9.10`. */
export async function natsVersion(binary: string): Promise<string> {
  const { stdout, stderr } = await run(binary, ['--version']);
  return /v?(\d+\.\d+\.\d+)/.exec(stdout + stderr)?.[1] ?? 'unknown';
}

function cachedNatsServer(): string {
  return join(cacheDir(), 'nats-server', 'usr', 'sbin', 'nats-server');
}

async function fetchWithApt(): Promise<string> {
  mkdirSync(cacheDir(), { recursive: true });
  // Two runs may fetch at once: each works in a folder of its own, and the first to finish gives its result to both.
  const work = mkdtempSync(join(tmpdir(), 'leadwire-nats-'));
  try {
    mkdirSync(join(work, 'lists', 'partial'), { recursive: true });
    mkdirSync(join(work, 'cache', 'archives', 'partial'), { recursive: true });
    const apt = (...args: string[]): Promise<unknown> =>
      run('apt-get', [...privateAptOptions(work), ...args], {
        cwd: work,
        timeout: APT_TIMEOUT_MS,
        env: { ...process.env, LC_ALL: 'C' },
      });
    await apt('update');
    await apt('download', 'nats-server');
    const archive = readdirSync(work).find((name) => name.endsWith('.deb'));
    if (!archive) throw new Error('apt-get downloaded nothing');
    return await unpack(join(work, archive));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Lists, cache and caches' index of our own; and no drop to the `_apt` user, who may not write into our folder. */
function privateAptOptions(work: string): string[] {
  const options = {
    'Dir::State::lists': join(work, 'lists'),
    'Dir::Cache': join(work, 'cache'),
    'APT::Sandbox::User': process.getuid?.() === 0 ? 'root' : '',
    'Acquire::Retries': '2',
    'Acquire::Languages': 'none',
  };
  return [
    '-qq',
    ...Object.entries(options).flatMap(([name, value]) => (value ? ['-o', `${name}=${value}`] : [])),
  ];
}

async function unpack(archive: string): Promise<string> {
  const target = join(cacheDir(), 'nats-server');
  const unfinished = mkdtempSync(join(cacheDir(), 'nats-server-'));
  await run('dpkg-deb', ['-x', archive, unfinished]);
  try {
    renameSync(unfinished, target);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    if (!existsSync(cachedNatsServer())) throw error;
  }
  return cachedNatsServer();
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
