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

/** A folder, and the platform on it. */
class Place {
  readonly dir = temporaryDir();
  platform: Platform | undefined;

  options(over: Partial<PlatformOptions> = {}): PlatformOptions {
    return {
      dataDir: this.dir.path,
      quiet: true,
      fast: true,
      apps,
      backoff: { firstMs: 20, maxMs: 100, resetMs: 60_000 },
      ...over,
    };
  }

  async start(over: Partial<PlatformOptions> = {}): Promise<Platform> {
    return (this.platform = await startPlatform(this.options(over)));
  }

  records(): ProcessRecord[] {
    return Object.values(readRunState(this.dir.path)?.processes ?? {});
  }

  async remove(): Promise<void> {
    await this.platform?.stop();
    this.platform?.removeData();
    this.dir.remove();
  }
}

const runningOf = (found: ProcessRecord[]): ProcessRecord[] => found.filter(isRunning);

// One for all that follows, in the order of its life.
describe('a platform that runs', () => {
  const place = new Place();
  const crashed: string[] = [];
  let up: Platform;

  beforeAll(async () => {
    up = await place.start({ replicas: 2, onCrash: ({ name }) => crashed.push(name) });
  });
  afterAll(() => place.remove());

  it('is Postgres, NATS and every app', async () => {
    expect(Object.keys(up.pids()).sort()).toEqual([
      'gateway',
      'leads',
      'leads-2',
      'nats',
      'postgres',
      'sandbox',
    ]);
    expect(place.records()).toHaveLength(6);
    expect((await fetch(`${up.urls.api}/health/ready`)).status).toBe(200);
    expect(up.residentBytes()).toBeGreaterThan(10_000_000);
    const client = new pg.Client({ connectionString: up.adminUrl });
    await client.connect();
    const { rows } = await client.query(
      "SELECT pg_encoding_to_char(encoding) AS encoding, datlocale FROM pg_database WHERE datname = 'leadwire'",
    );
    await client.end();
    expect(rows).toEqual([{ encoding: 'UTF8', datlocale: 'C.UTF-8' }]);
  });

  it('gives each replica a port of its own', () => {
    expect(Object.keys(up.urls.apps).sort()).toEqual(['gateway', 'leads', 'leads-2', 'sandbox']);
    expect(up.urls.apps.leads).not.toBe(up.urls.apps['leads-2']);
  });

  it('keeps its secrets closed', () => {
    for (const file of ['secrets.json', 'run.json', 'postgres/superuser-password']) {
      expect(statSync(join(place.dir.path, file)).mode & 0o077).toBe(0);
    }
  });

  it('lends its Postgres and NATS to another one, which starts none of its own', async () => {
    const client = new pg.Client({ connectionString: up.adminUrl });
    await client.connect();
    await client.query('CREATE DATABASE given');
    await client.end();
    const databaseUrl = Object.assign(new URL(up.adminUrl), { pathname: '/given' }).href;
    const other = temporaryDir();
    const guest = await startPlatform(
      place.options({ dataDir: other.path, databaseUrl, natsUrl: up.urls.nats }),
    );
    try {
      expect(Object.keys(guest.pids()).sort()).toEqual(['gateway', 'leads', 'sandbox']);
      expect(guest.adminUrl).toBe(databaseUrl);
      expect((await fetch(`${guest.urls.api}/health/ready`)).status).toBe(200);
    } finally {
      await guest.stop();
      other.remove();
    }
    expect(Object.keys(up.pids())).toHaveLength(6);
  });

  it('refuses its data folder to another launcher', async () => {
    const second = new Platform(place.options());
    const refusal = await second.start().catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(AlreadyRunning);
    expect((refusal as AlreadyRunning).state?.urls?.api).toBe(up.urls.api);
    expect((await fetch(`${up.urls.api}/health/ready`)).status).toBe(200);
  });

  it('survives the crash of an app, of NATS and of Postgres', async () => {
    const before = up.pids();
    await Promise.all([up.kill('leads'), up.kill('nats'), up.kill('postgres')]);
    await up.waitReady();
    expect(crashed.sort()).toEqual(['leads', 'nats', 'postgres']);
    const after = up.pids();
    for (const name of crashed) expect(after[name]).not.toBe(before[name]);
    expect(after.gateway).toBe(before.gateway);
  });

  it('leaves no process behind when it stops', async () => {
    const started = place.records();
    expect(runningOf(started)).toHaveLength(6);
    await up.stop();
    expect(runningOf(started)).toEqual([]);
    expect(existsSync(join(place.dir.path, 'run.json'))).toBe(false);
    expect(readFileSync(join(place.dir.path, 'logs', 'leads.jsonl'), 'utf8')).toContain('stopped in order');
  });

  it('keeps its ports when it starts again', async () => {
    const { urls } = up;
    expect((await place.start({ replicas: 2 })).urls).toEqual(urls);
  });
});

describe('a platform', () => {
  let place: Place;
  beforeEach(() => (place = new Place()));
  afterEach(() => place.remove());

  it('names the app that does not start, quotes it, and leaves nothing running', async () => {
    const platform = (place.platform = new Platform(place.options({ env: { FAIL_AT_START: 'leads' } })));
    const starting = platform.start();
    let seen: ProcessRecord[] = [];
    const watching = waitFor(
      'Postgres in the run file',
      WAIT_MS,
      async () => (seen = place.records()).length >= 2,
    );
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

  it('ends what a killed launcher left running, and starts on its data', async () => {
    const launcher = spawn(process.execPath, [join(ROOT, 'tools/fixtures/launch.ts'), place.dir.path], {
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
    const left = place.records();
    launcher.kill('SIGKILL');
    await gone;
    expect(runningOf(left)).toHaveLength(5);

    const again = await place.start();
    expect(runningOf(left)).toEqual([]);
    expect(Object.keys(again.pids())).toHaveLength(5);
  });

  it('can be stopped while it starts', async () => {
    const platform = (place.platform = new Platform(place.options()));
    const starting = platform.start().catch((error: unknown) => error);
    await waitFor('the lock', WAIT_MS, async () => existsSync(join(place.dir.path, 'lock.json')));
    await platform.stop();
    expect(await starting).toMatchObject({
      message: expect.stringContaining('stopped while it was starting'),
    });
    expect(platform.pids()).toEqual({});
    expect(existsSync(join(place.dir.path, 'lock.json'))).toBe(false);
  });
});
