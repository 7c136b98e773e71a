import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { readJson, writeJson } from '../infra/files.ts';
import { endProcess, isRunning, ownRecord, type ProcessRecord } from '../infra/processes.ts';

const STALE_GRACE_MS = 10_000;

export type PlatformUrls = {
  api: string;
  docs: string;
  /** The sandbox's mail page. */
  sandbox: string;
  smtp: { host: string; port: number };
  nats: string;
  /** Address of every app process's own HTTP port, by process name (`leads`, `leads-2`). */
  apps: Record<string, string>;
};

/** What is running, for the next start, `doctor` and `migrate`. Passwords are not in it. */
export type RunState = {
  launcher: ProcessRecord;
  processes: Record<string, ProcessRecord & { stopSignal: NodeJS.Signals }>;
  urls?: PlatformUrls;
  databaseUrl?: string;
};

/** Another launcher holds this data folder. */
export class AlreadyRunning extends Error {
  readonly pid: number;
  readonly state: RunState | undefined;

  constructor(dataDir: string, pid: number, state: RunState | undefined) {
    super(`Leadwire is already running on ${dataDir} (launcher pid ${pid}).`);
    this.name = 'AlreadyRunning';
    this.pid = pid;
    this.state = state;
  }
}

export function readRunState(dataDir: string): RunState | undefined {
  return readJson<RunState>(join(dataDir, 'run.json'));
}

export function writeRunState(dataDir: string, state: RunState): void {
  writeJson(join(dataDir, 'run.json'), state);
}

/**
 * Takes the data folder for this process. A lock whose owner is dead is taken over.
 * @throws AlreadyRunning
 */
export function lockDataDir(dataDir: string): void {
  const file = join(dataDir, 'lock.json');
  for (;;) {
    try {
      const fd = openSync(file, 'wx', 0o600);
      writeSync(fd, JSON.stringify(ownRecord()));
      closeSync(fd);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = lockOwner(dataDir);
    if (owner && isRunning(owner)) throw new AlreadyRunning(dataDir, owner.pid, readRunState(dataDir));
    rmSync(file, { force: true });
  }
}

/** Who holds the data folder, dead or alive; a half-written lock counts as nobody's. */
export function lockOwner(dataDir: string): ProcessRecord | undefined {
  try {
    return readJson<ProcessRecord>(join(dataDir, 'lock.json'));
  } catch {
    return undefined;
  }
}

/** Gives the folder back after a clean stop. */
export function unlockDataDir(dataDir: string): void {
  rmSync(join(dataDir, 'run.json'), { force: true });
  rmSync(join(dataDir, 'lock.json'), { force: true });
}

/** Processes of a killed launcher that still run. */
export function staleProcesses(dataDir: string): string[] {
  return Object.entries(readRunState(dataDir)?.processes ?? {})
    .filter(([, record]) => isRunning(record))
    .map(([name]) => name);
}

/** Ends what a killed launcher left running: apps first, Postgres last. Returns the names. */
export async function endStaleProcesses(dataDir: string): Promise<string[]> {
  const stale = staleProcesses(dataDir);
  const processes = readRunState(dataDir)?.processes ?? {};
  const end = async (name: string): Promise<void> => {
    const record = processes[name];
    if (record) await endProcess(record, record.stopSignal, STALE_GRACE_MS);
  };
  const infrastructure = ['nats', 'postgres'];
  await Promise.all(stale.filter((name) => !infrastructure.includes(name)).map(end));
  for (const name of infrastructure) if (stale.includes(name)) await end(name);
  return stale;
}
