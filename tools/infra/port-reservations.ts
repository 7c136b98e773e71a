import { chmodSync, closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { isRunning, ownRecord, type ProcessRecord } from './processes.ts';

/** One place for the whole machine, whatever TMPDIR says: launchers with different ones compete for the same ports. */
const DIR = '/tmp/leadwire-ports';
const SHARED_STICKY = 0o1777;

const ours = new Set<number>();

/**
 * Keeps other launchers from picking this port until it is given back; between picking and listening, the port itself
 * does not say that it is taken. Returns false when a living process, we included, holds it.
 */
export function reservePort(port: number): boolean {
  if (ours.has(port)) return false;
  const file = join(DIR, String(port));
  for (const mayClear of [true, false]) {
    try {
      prepareDir();
      const fd = openSync(file, 'wx', 0o644);
      writeSync(fd, JSON.stringify(ownRecord()));
      closeSync(fd);
      break;
    } catch (error) {
      // A folder we may not write leaves us where the port's own state is all there is to go by.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') break;
      if (isHeld(file)) return false;
      if (mayClear) rmQuietly(file);
    }
  }
  if (ours.size === 0) process.once('exit', releaseAll);
  ours.add(port);
  return true;
}

export function unreservePort(port: number): void {
  if (ours.delete(port)) rmQuietly(join(DIR, String(port)));
}

function releaseAll(): void {
  for (const port of [...ours]) unreservePort(port);
}

function prepareDir(): void {
  if (mkdirSync(DIR, { recursive: true })) chmodSync(DIR, SHARED_STICKY);
}

function isHeld(file: string): boolean {
  try {
    return isRunning(JSON.parse(readFileSync(file, 'utf8')) as ProcessRecord);
  } catch {
    // Half-written or just removed: somebody is at it this very moment.
    return true;
  }
}

function rmQuietly(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // Another user's; it is stale, and he clears it himself.
  }
}
