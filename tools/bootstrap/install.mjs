import { spawn } from 'node:child_process';
import { lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const REASON_LINES = 12;

/** @typedef {{ version?: string, resolved?: string, link?: boolean, optional?: boolean, peer?: boolean }} LockedPackage */

/**
 * Whether `node_modules` is what the lockfile says. Compared by content: a checkout makes the lockfile look new, and
 * an install by hand makes it be new; only the versions tell.
 * @param {string} root
 */
export function dependenciesInSync(root) {
  const wanted = readPackages(join(root, 'package-lock.json'));
  const installed = readPackages(join(root, 'node_modules', '.package-lock.json'));
  if (!wanted || !installed) return false;
  return Object.entries(wanted).every(([path, { version, link, optional }]) => {
    if (!path.startsWith('node_modules/') || link) return true;
    const found = installed[path];
    // An optional package is left out where its platform is another one.
    return found ? found.version === version : optional === true;
  });
}

/**
 * Links the workspaces that have none yet: a library that came with a pull is used without installing everything anew.
 * @param {string} root
 */
export function linkWorkspaces(root) {
  for (const [path, { link, resolved }] of Object.entries(
    readPackages(join(root, 'package-lock.json')) ?? {},
  )) {
    const place = join(root, path);
    if (!link || !resolved || lstatSync(place, { throwIfNoEntry: false })) continue;
    mkdirSync(dirname(place), { recursive: true });
    symlinkSync(relative(dirname(place), join(root, resolved)), place, 'dir');
  }
}

/** @param {string} file @returns {Record<string, LockedPackage> | undefined} */
function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/**
 * Installs exactly what the lockfile says when that is not there yet.
 * @param {string} root
 * @returns {Promise<{ ok: true } | { ok: false, message: string }>}
 */
export async function installIfNeeded(root) {
  if (dependenciesInSync(root)) {
    linkWorkspaces(root);
    return { ok: true };
  }
  const startedAt = Date.now();
  const seconds = () => `${((Date.now() - startedAt) / 1000).toFixed(1)} s`;
  process.stdout.write('  … Installing dependencies (npm ci; the first time takes a minute)\n');
  const { code, output } = await runNpm(root, ['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
  if (code === 0) {
    process.stdout.write(`  ✓ ${'Dependencies installed'.padEnd(44)} ${seconds().padStart(8)}\n`);
    return { ok: true };
  }
  const log = join(root, 'npm-install.log');
  writeFileSync(log, output);
  // npm says what is wrong first and prints its whole usage after it.
  const lines = output.split('\n').filter((line) => line.startsWith('npm error') || !line.startsWith('npm '));
  const reason = lines
    .filter(Boolean)
    .slice(0, REASON_LINES)
    .map((line) => `    │ ${line}`);
  const fix = `fix: check the network and the registry (npm config get registry), then run this again. Whole output: ${log}`;
  return { ok: false, message: [`npm ci failed after ${seconds()}`, ...reason, fix].join('\n') };
}

/**
 * @param {string} root @param {string[]} args
 * @returns {Promise<{ code: number, output: string }>}
 */
function runNpm(root, args) {
  // The npm that runs us, on its own Node: the one on the PATH may be the pinned one, which `npm ci` is about to delete.
  const { npm_execpath: cli, npm_node_execpath: node } = process.env;
  const [command, first] = cli?.endsWith('.js') && node ? [node, [cli]] : ['npm', []];
  return new Promise((resolve) => {
    const child = spawn(command, [...first, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const collect = (/** @type {Buffer} */ chunk) => (output += chunk.toString('utf8'));
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', (error) =>
      resolve({ code: 1, output: `npm could not be started: ${error.message}` }),
    );
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
