import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { waitFor } from './wait.ts';

/**
 * A process we may later have to find again. A pid alone may have been given to somebody else since: the start time
 * and a text of its command line (the instance's folder) make sure it is ours.
 */
export type ProcessRecord = { pid: number; startedAt: string; marker: string };

/** Describes a running process for {@link isRunning}; undefined when it is already gone. */
export function recordProcess(pid: number, marker: string): ProcessRecord | undefined {
  const startedAt = startTimeOf(pid);
  return startedAt === undefined ? undefined : { pid, startedAt, marker };
}

/** Describes ourselves. @throws Error where the system does not tell start times */
export function ownRecord(): ProcessRecord {
  const record = recordProcess(process.pid, '');
  if (!record) throw new Error('This system does not tell when a process was started (no /proc and no ps)');
  return record;
}

/** Whether exactly this process, not merely its pid, is still running. */
export function isRunning(record: ProcessRecord): boolean {
  return startTimeOf(record.pid) === record.startedAt && commandLineOf(record.pid).includes(record.marker);
}

/** The processes whose command line names `marker` (an instance's folder, say); on Linux only, elsewhere none. */
export function processesNaming(marker: string): ProcessRecord[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid && commandLineOf(pid).includes(marker))
    .map((pid) => recordProcess(pid, marker))
    .filter((record) => record !== undefined);
}

/** Asks a process to end, waits `graceMs`, then forces it. Returns whether it had to be forced. */
export async function endProcess(
  record: ProcessRecord,
  signal: NodeJS.Signals,
  graceMs: number,
): Promise<boolean> {
  if (!isRunning(record)) return false;
  sendSignal(record.pid, signal);
  try {
    await waitFor(`Ending process ${record.pid}`, graceMs, async () => !isRunning(record));
    return false;
  } catch {
    sendSignal(record.pid, 'SIGKILL');
    await waitFor(`Killing process ${record.pid}`, graceMs, async () => !isRunning(record));
    return true;
  }
}

/** Sends a signal; a process that is gone already is what the caller wanted. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Resident memory of a process in bytes; 0 when it is gone. */
export function residentBytes(pid: number): number {
  return Number(process.platform === 'linux' ? linuxResidentKib(pid) : ps(pid, 'rss=').trim() || 0) * 1024;
}

function linuxResidentKib(pid: number): string {
  try {
    return /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
  } catch {
    return '0';
  }
}

/** The full command line of a process, empty when there is none. */
export function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return process.platform === 'linux' ? '' : ps(pid, 'command=').trim();
  }
}

function startTimeOf(pid: number): string | undefined {
  if (process.platform !== 'linux') return ps(pid, 'lstart=').trim() || undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command name, in parentheses, may hold spaces: count the fields after it (state is the 3rd of proc(5), start time the 22nd).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

function ps(pid: number, column: string): string {
  try {
    return execFileSync('ps', ['-o', column, '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return '';
  }
}
