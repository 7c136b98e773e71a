import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** What these scripts themselves need: `import.meta`, `styleText` and the npm that reads our lockfile. */
const SYSTEM_NODE_MIN = '20.19.0';
/** What the apps need where the platform has no pinned Node: native TypeScript and the language of our sources. */
const APP_NODE_MIN = '24.0.0';

/**
 * Compares two plain versions.
 * @param {string} a @param {string} b @returns {number} negative when `a` is older
 */
export function compareVersions(a, b) {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  for (let i = 0; i < 3; i++) {
    const difference = (left?.[i] ?? 0) - (right?.[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * What to say when the system's Node is too old; undefined when it will do.
 * @param {string} version @returns {string | undefined}
 */
export function nodeTooOld(version) {
  if (compareVersions(version, SYSTEM_NODE_MIN) >= 0) return undefined;
  return `Node ${version} is too old. fix: install Node ${SYSTEM_NODE_MIN} or newer from https://nodejs.org and run this again.`;
}

/**
 * The Node for the command: the one pinned through npm, else the running one if it is new enough.
 * @param {{ root: string, platform: string, arch: string, running: string }} where
 * @returns {{ path?: string, message: string }} a message with a path is a warning, without one the reason and the fix
 */
export function chooseNode({ root, platform, arch, running }) {
  const pinned = join(root, 'node_modules', `node-${platform}-${arch}`, 'bin', 'node');
  if (existsSync(pinned)) return { path: pinned, message: '' };
  const missing = `There is no pinned Node for ${platform}-${arch}`;
  if (compareVersions(running, APP_NODE_MIN) >= 0)
    return { path: process.execPath, message: `${missing}; running on Node ${running}.` };
  return {
    message: `${missing} and Node ${running} is too old for the apps. fix: install Node ${APP_NODE_MIN} or newer, then run this again.`,
  };
}
