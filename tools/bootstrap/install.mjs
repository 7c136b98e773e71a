import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

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
  if (dependenciesInSync(root)) return { ok: true };
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
  const last = output
    .trimEnd()
    .split('\n')
    .slice(-20)
    .map((line) => `    │ ${line}`);
  const fix = `fix: check the network and the registry (npm config get registry), then run "npm ci". Whole output: ${log}`;
  return { ok: false, message: [`npm ci failed after ${seconds()}`, ...last, fix].join('\n') };
}

/**
 * @param {string} root @param {string[]} args
 * @returns {Promise<{ code: number, output: string }>}
 */
function runNpm(root, args) {
  // Run by npm, we use that very npm; it is a script for Node, whatever it is called on this system.
  const cli = process.env.npm_execpath;
  const [command, first] =
    cli && existsSync(cli) && cli.endsWith('.js') ? [process.execPath, [cli]] : ['npm', []];
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
