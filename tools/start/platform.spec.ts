import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { temporaryDir } from '../fixtures/temporary.ts';
import { ROOT } from '../infra/paths.ts';
import { isRunning, type ProcessRecord } from '../infra/processes.ts';
import { StartFailure } from '../infra/supervised.ts';
import { waitFor } from '../infra/wait.ts';
import type { AppSpec } from './apps.ts';
import { Platform, startPlatform } from './platform.ts';
import type { PlatformOptions } from './platform-options.ts';
import { AlreadyRunning, readRunState } from './run-state.ts';

const WAIT_MS = 60_000;

function fakeApp(name: string, stopOrder: number): AppSpec {
  return {
    name,
    entry: join(ROOT, 'tools/fixtures/fake-app.mjs'),
    replicable: stopOrder === 1,
    stopOrder,
    preferredPort: 3000,
    env: () => ({ APP_NAME: name }),
  };
}

const apps = [fakeApp('gateway', 0), fakeApp('leads', 1), fakeApp('sandbox', 2)];

describe('a platform', () => {
  let dir: ReturnType<typeof temporaryDir>;
  let platform: Platform | undefined;

  const options = (over: Partial<PlatformOptions> = {}): PlatformOptions => ({
    dataDir: dir.path,
    quiet: true,
    fast: true,
    apps,
    backoff: { firstMs: 20, maxMs: 100, resetMs: 60_000 },
    ...over,
  });
  const start = async (over: Partial<PlatformOptions> = {}): Promise<Platform> =>
    (platform = await startPlatform(options(over)));
  const records = (): ProcessRecord[] => Object.values(readRunState(dir.path)?.processes ?? {});
  const runningOf = (found: ProcessRecord[]): ProcessRecord[] => found.filter(isRunning);

  beforeEach(() => (dir = temporaryDir()));
  afterEach(async () => {
    await platform?.stop();
    platform?.removeData();
    platform = undefined;
    dir.remove();
  });

  it('brings up Postgres, NATS and every app, and leaves no process behind when it stops', async () => {
    const up = await start();
    expect(Object.keys(up.pids()).sort()).toEqual(['gateway', 'leads', 'nats', 'postgres', 'sandbox']);
    expect((await fetch(`${up.urls.api}/health/ready`)).status).toBe(200);
    expect(up.residentBytes()).toBeGreaterThan(10_000_000);
    const client = new pg.Client({ connectionString: up.adminUrl });
    await client.connect();
    const { rows } = await client.query(
      "SELECT pg_encoding_to_char(encoding) AS encoding, datlocale FROM pg_database WHERE datname = 'leadwire'",
    );
    await client.end();
    expect(rows).toEqual([{ encoding: 'UTF8', datlocale: 'C.UTF-8' }]);

    const started = records();
    expect(started).toHaveLength(5);
    await up.stop();
    expect(runningOf(started)).toEqual([]);
    expect(existsSync(join(dir.path, 'run.json'))).toBe(false);
    expect(readFileSync(join(dir.path, 'logs', 'leads.jsonl'), 'utf8')).toContain('stopped in order');
  });

  it('uses the Postgres and NATS that it is given, and starts none of its own', async () => {
    const host = await start();
    const client = new pg.Client({ connectionString: host.adminUrl });
    await client.connect();
    await client.query('CREATE DATABASE given');
    await client.end();
    const databaseUrl = Object.assign(new URL(host.adminUrl), { pathname: '/given' }).href;
    const other = temporaryDir();
    const guest = await startPlatform(options({ dataDir: other.path, databaseUrl, natsUrl: host.urls.nats }));
    try {
      expect(Object.keys(guest.pids()).sort()).toEqual(['gateway', 'leads', 'sandbox']);
      expect(guest.adminUrl).toBe(databaseUrl);
      expect((await fetch(`${guest.urls.api}/health/ready`)).status).toBe(200);
    } finally {
      await guest.stop();
      other.remove();
    }
    expect(Object.keys(host.pids())).toHaveLength(5);
  });

  it('keeps its ports from start to start, and its secrets closed', async () => {
    const { urls } = await start();
    await platform?.stop();
    expect((await start()).urls).toEqual(urls);
    for (const file of ['secrets.json', 'run.json', 'postgres/superuser-password']) {
      expect(statSync(join(dir.path, file)).mode & 0o077).toBe(0);
    }
  });

  it('runs replicas, each with a port of its own', async () => {
    const up = await start({ replicas: 2 });
    expect(Object.keys(up.urls.apps).sort()).toEqual(['gateway', 'leads', 'leads-2', 'sandbox']);
    expect(up.urls.apps.leads).not.toBe(up.urls.apps['leads-2']);
  });

  it('survives the crash of an app, of NATS and of Postgres', async () => {
    const crashed: string[] = [];
    const up = await start({ onCrash: ({ name }) => crashed.push(name) });
    const before = up.pids();
    await Promise.all([up.kill('leads'), up.kill('nats'), up.kill('postgres')]);
    await up.waitReady();
    expect(crashed.sort()).toEqual(['leads', 'nats', 'postgres']);
    const after = up.pids();
    for (const name of crashed) expect(after[name]).not.toBe(before[name]);
    expect(after.gateway).toBe(before.gateway);
  });

  it('names the app that does not start, quotes it, and leaves nothing running', async () => {
    platform = new Platform(options({ env: { FAIL_AT_START: 'leads' } }));
    const starting = platform.start();
    let seen: ProcessRecord[] = [];
    const watching = waitFor('Postgres in the run file', WAIT_MS, async () => (seen = records()).length >= 2);
    const failure = await starting.catch((error: unknown) => error);
    await watching.catch(() => undefined);
    expect(failure).toBeInstanceOf(StartFailure);
    expect(failure).toMatchObject({
      processName: 'leads',
      lastLines: [expect.stringContaining('cannot start')],
    });
    expect(runningOf(seen)).toEqual([]);
    expect(platform.pids()).toEqual({});
  });

  it('refuses a data folder that another launcher holds', async () => {
    const up = await start();
    const second = new Platform(options());
    const refusal = await second.start().catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(AlreadyRunning);
    expect((refusal as AlreadyRunning).state?.urls?.api).toBe(up.urls.api);
    expect((await fetch(`${up.urls.api}/health/ready`)).status).toBe(200);
  });

  it('ends what a killed launcher left running, and starts on its data', async () => {
    const launcher = spawn(process.execPath, [join(ROOT, 'tools/fixtures/launch.ts'), dir.path], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [launcher.stdout, launcher.stderr])
      stream.on('data', (chunk) => (output += String(chunk)));
    const gone = new Promise((resolve) => launcher.once('exit', resolve));
    await waitFor('the first platform', WAIT_MS, async () => {
      if (launcher.exitCode !== null) throw new Error(`The launcher ended: ${output}`);
      return output.includes('ready');
    });
    const left = records();
    launcher.kill('SIGKILL');
    await gone;
    expect(runningOf(left)).toHaveLength(5);

    await start();
    expect(runningOf(left)).toEqual([]);
    expect(Object.keys(platform?.pids() ?? {})).toHaveLength(5);
  });

  it('can be stopped while it starts', async () => {
    platform = new Platform(options());
    const starting = platform.start().catch((error: unknown) => error);
    await waitFor('the lock', WAIT_MS, async () => existsSync(join(dir.path, 'lock.json')));
    await platform.stop();
    expect(await starting).toMatchObject({
      message: expect.stringContaining('stopped while it was starting'),
    });
    expect(platform.pids()).toEqual({});
    expect(existsSync(join(dir.path, 'lock.json'))).toBe(false);
  });
});
