import { fork, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import autocannon from 'autocannon';
import { ApiClient } from '../demo/client.ts';
import { ROOT } from '../infra/paths.ts';
import { pickPort } from '../infra/ports.ts';
import { startPlatform } from '../start/platform.ts';
import { roleUrl } from '../start/secrets.ts';
import { median } from './machine.ts';

const CLIENTS = 32;
const SECONDS = 4;
const ROUNDS = 3;
const WARM_UP_SECONDS = 2;

/** One lead read through gateway, broker, service and RLS transaction against the monolith, in alternation. */
export async function benchRead(): Promise<{
  readRatio: number;
  readPerSecond: number;
  monolithPerSecond: number;
}> {
  const dataDir = mkdtempSync(join(tmpdir(), 'leadwire-bench-'));
  chmodSync(dataDir, 0o711);
  // The limits protect from one caller taking everything, which is just what a benchmark does.
  const env = {
    RATE_TENANT_PER_SECOND: '1000000',
    RATE_USER_PER_SECOND: '1000000',
    LOG_LEVEL: 'warn',
  };
  const platform = await startPlatform({ dataDir, quiet: true, env });
  let monolith: ChildProcess | undefined;
  try {
    const api = new ApiClient(platform.urls.api);
    await api.signUp('Bench', `bench-${Date.now()}@leadwire.test`, 'a long bench password');
    const { tenant } = await api.get<{ tenant: { id: string } }>('/me');
    const lead = await api.post<{ id: string }>('/leads', {
      firstName: 'Ada',
      lastName: 'Meyer',
      email: 'ada@example.test',
    });
    const port = await pickPort();
    const databaseUrl = roleUrl(platform.adminUrl, platform.secrets.key('roles'), 'leads_app');
    monolith = await startMonolith(databaseUrl, tenant.id, port);

    const ours = { url: `${platform.urls.api}/v1/leads/${lead.id}`, headers: api.headers() };
    const bare = { url: `http://127.0.0.1:${port}/leads/${lead.id}`, headers: {} };
    for (const target of [ours, bare]) await load(target, WARM_UP_SECONDS);
    const [platformRates, monolithRates]: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      platformRates.push(await load(ours, SECONDS));
      monolithRates.push(await load(bare, SECONDS));
    }
    const readPerSecond = median(platformRates);
    const monolithPerSecond = median(monolithRates);
    return { readPerSecond, monolithPerSecond, readRatio: readPerSecond / monolithPerSecond };
  } finally {
    await end(monolith);
    await platform.stop();
    platform.removeData();
  }
}

async function startMonolith(databaseUrl: string, tenantId: string, port: number): Promise<ChildProcess> {
  const queries = pathToFileURL(join(ROOT, 'apps/leads/dist/pipeline/leads.queries.js')).href;
  const { GET_LEAD } = (await import(queries)) as { GET_LEAD: string };
  const child = fork(fileURLToPath(new URL('monolith.ts', import.meta.url)), {
    env: {
      ...process.env,
      DATABASE_URL: databaseUrl,
      TENANT_ID: tenantId,
      LEAD_QUERY: GET_LEAD,
      PORT: String(port),
    },
  });
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve());
    child.once('exit', (code) => reject(new Error(`the monolith ended with ${code}`)));
  });
  return child;
}

async function end(child: ChildProcess | undefined): Promise<void> {
  if (!child) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

async function load(
  target: { url: string; headers: Record<string, string> },
  seconds: number,
): Promise<number> {
  const result = await autocannon({ ...target, connections: CLIENTS, duration: seconds });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${target.url} answered ${result.non2xx} requests with an error`);
  return result.requests.average;
}
