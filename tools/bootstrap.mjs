// What every npm script calls: `node tools/bootstrap.mjs <command> [arguments]`.
// Runs on whatever Node the system has (20.19 or newer), makes sure that the dependencies are installed, and then runs
// the command on the Node that the lockfile pins. So this file and those it imports are plain JavaScript without packages.
import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installIfNeeded } from './bootstrap/install.mjs';
import { chooseNode, nodeTooOld } from './bootstrap/node-version.mjs';

const TOOLS = dirname(fileURLToPath(import.meta.url));
const ROOT = dirname(TOOLS);
const PARENT_CHECK_MS = 500;

/** @param {string} message @returns {never} */
function fail(message) {
  process.stderr.write(`  ✗ ${message}\n`);
  process.exit(1);
}

const [command = '', ...args] = process.argv.slice(2);

const tooOld = nodeTooOld(process.versions.node);
if (tooOld) fail(tooOld);

const script = [join(TOOLS, `${command}.ts`), join(TOOLS, command, 'main.ts')].find((file) =>
  existsSync(file),
);
if (!/^[a-z]+$/.test(command) || !script)
  fail(`There is no command "${command}". fix: see "scripts" in package.json.`);

const installed = await installIfNeeded(ROOT);
if (!installed.ok) fail(installed.message);

const node = chooseNode({
  root: ROOT,
  platform: process.platform,
  arch: process.arch,
  running: process.versions.node,
});
if (!node.path) fail(node.message);
if (node.message) process.stderr.write(`  ! ${node.message}\n`);

// The channel tells the child when we are gone; signals are its own affair, so that it can stop things in order.
const child = fork(script, args, {
  execPath: node.path,
  execArgv: ['--disable-warning=ExperimentalWarning'],
  cwd: ROOT,
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
});
process.on('SIGINT', () => undefined);
for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP']))
  process.on(signal, () => child.kill(signal));
// A signal for npm ends only the shell that npm put between itself and us: that our parent has changed is all we see of it.
if (process.env.npm_lifecycle_event) {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    child.kill('SIGTERM');
  }, PARENT_CHECK_MS);
}
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
