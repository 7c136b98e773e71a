import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** Where the instance of this checkout keeps its state; `LEADWIRE_DATA` overrides. */
export function defaultDataDir(): string {
  return resolve(ROOT, process.env.LEADWIRE_DATA ?? '.data');
}

/** What may be fetched again at any time (the nats-server binary); `LEADWIRE_CACHE` overrides. */
export function cacheDir(): string {
  return resolve(ROOT, process.env.LEADWIRE_CACHE ?? join('.data', 'cache'));
}

/** A log file of the tools themselves; its folder is made when it is missing. */
export function toolLog(name: string): string {
  const dir = join(defaultDataDir(), 'logs');
  mkdirSync(dir, { recursive: true });
  return join(dir, name);
}

/** The environment for commands of ours: the pinned Node first on the PATH, Nx quiet and without a background daemon. */
export function toolEnv(): NodeJS.ProcessEnv {
  return {
    ...process.env,
    PATH: `${join(ROOT, 'node_modules', '.bin')}:${process.env.PATH ?? ''}`,
    NX_DAEMON: 'false',
    NX_TUI: 'false',
    NX_NO_CLOUD: 'true',
  };
}
