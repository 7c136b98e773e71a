import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { readJson } from '../infra/files.ts';
import { isPortFree } from '../infra/ports.ts';
import { commandLineOf } from '../infra/processes.ts';
import { PREFERRED_PORTS } from '../start/apps.ts';
import { runningInstance } from '../start/local-instance.ts';
import { guarded, ok, warn, type Check } from './check.ts';

/** Each port that `npm start` would take first: free, ours, or somebody else's. */
export function checkPorts(dataDir: string): Promise<Check[]> {
  return Promise.all([guarded('Ports', 'run it again', () => portsCheck(dataDir))]);
}

async function portsCheck(dataDir: string): Promise<Check> {
  const remembered = readJson<Record<string, number>>(join(dataDir, 'ports.json')) ?? {};
  const wanted = { ...PREFERRED_PORTS, ...remembered };
  const ours = new Set(Object.values(runningInstance(dataDir)?.processes ?? {}).map(({ pid }) => pid));
  const taken: string[] = [];
  for (const [name, port] of Object.entries(wanted)) {
    if (await isPortFree(port)) continue;
    const holder = portHolder(port);
    if (holder !== undefined && ours.has(holder)) continue;
    taken.push(`${name} ${port} (${holder === undefined ? 'another user' : describeHolder(holder)})`);
  }
  if (taken.length > 0) {
    return warn(
      'Ports',
      `taken: ${taken.join(', ')}`,
      'nothing to do, "npm start" takes the next free ones; or stop who holds them',
    );
  }
  return ok(
    'Ports',
    ours.size > 0 ? 'in use by this instance' : `${Object.values(wanted).join(', ')} are free`,
  );
}

function describeHolder(pid: number): string {
  return `held by pid ${pid}: ${commandLineOf(pid).slice(0, 60)}`;
}

/** The process that listens on a port, where the system lets us see it: by the socket's inode in Linux's /proc. */
function portHolder(port: number): number | undefined {
  const inodes = new Set(
    ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listeningInodes(table, port)),
  );
  if (inodes.size === 0) return undefined;
  for (const pid of numericEntries('/proc')) {
    for (const fd of numericEntries(`/proc/${pid}/fd`)) {
      if (inodes.has(linkOf(`/proc/${pid}/fd/${fd}`))) return pid;
    }
  }
  return undefined;
}

function listeningInodes(table: string, port: number): string[] {
  const LISTEN = '0A';
  let text: string;
  try {
    text = readFileSync(table, 'utf8');
  } catch {
    return [];
  }
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => state === LISTEN && parseInt(local?.split(':')[1] ?? '', 16) === port)
    .map((fields) => `socket:[${fields[9]}]`);
}

function numericEntries(dir: string): number[] {
  try {
    return readdirSync(dir).map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
