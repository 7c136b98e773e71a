import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { pickPort, releasePort } from './ports.ts';
import { asUser, postgresBinDir, postgresUser } from './postgres-binaries.ts';
import { ensureCluster, homeOf, POSTGRES_SUPERUSER, type PostgresHome } from './postgres-cluster.ts';
import { commandLineOf, endProcess, recordProcess } from './processes.ts';
import { SupervisedProcess, type Backoff, type CrashReport } from './supervised.ts';

export const POSTGRES_DATABASE = 'leadwire';
const MAX_CONNECTIONS = 300;
/** Crash recovery of a large write-ahead log happens before Postgres answers. */
const READY_TIMEOUT_MS = 60_000;
const STOP_GRACE_MS = 20_000;
const PROBE_TIMEOUT_MS = 2_000;

export type PostgresOptions = {
  /** The instance's folder: data directory and superuser password live in it. One running Postgres per folder. */
  dir: string;
  logFile: string;
  /** Listens here; without it, on a free port. */
  port?: number;
  /** No durability at all: for tests and throw-away instances only. */
  fast?: boolean;
  backoff?: Backoff;
  onCrash?: (report: CrashReport) => void;
  onChange?: (process: SupervisedProcess) => void;
};

/** `fast` aborts transactions and checkpoints; `immediate` is a crash: the next start recovers from the log. */
export type StopMode = 'fast' | 'immediate';
const STOP_SIGNALS: Record<StopMode, NodeJS.Signals> = { fast: 'SIGINT', immediate: 'SIGQUIT' };

/** A running Postgres of ours. */
export class PostgresServer {
  readonly process: SupervisedProcess;
  readonly port: number;
  /** Superuser URL on the database `leadwire`. */
  readonly adminUrl: string;
  private readonly home: PostgresHome;

  constructor(process: SupervisedProcess, port: number, adminUrl: string, home: PostgresHome) {
    this.process = process;
    this.port = port;
    this.adminUrl = adminUrl;
    this.home = home;
  }

  async stop(mode: StopMode = 'fast'): Promise<void> {
    await this.process.stop(STOP_SIGNALS[mode]);
    releasePort(this.port);
  }

  /** Stops in the given mode, starts again on the same port, and waits until it answers. */
  async restart(mode: StopMode = 'fast'): Promise<void> {
    await this.process.restart(STOP_SIGNALS[mode]);
  }

  /** Deletes the data of a stopped, throw-away instance, also where it lies outside the instance's folder. */
  removeData(): void {
    rmSync(this.home.dir, { recursive: true, force: true });
  }
}

/**
 * Starts the embedded Postgres on 127.0.0.1: creates the cluster on first use (UTF8, the built-in C.UTF-8 locale, SCRAM
 * passwords), recovers what a killed run left, and waits until it answers. As root it runs as an unprivileged user.
 * @throws Error with the fix when it cannot run here, StartFailure when it does not come up.
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const user = postgresUser();
  const binDir = postgresBinDir(user);
  const home = homeOf(options.dir, user);
  const password = await ensureCluster(home, binDir, user, options.fast ?? false);
  await clearStalePostmaster(home.data);

  const port = options.port ?? (await pickPort());
  const url = (database: string): string =>
    `postgres://${POSTGRES_SUPERUSER}:${password}@127.0.0.1:${port}/${database}`;
  const supervised = new SupervisedProcess(
    {
      name: 'postgres',
      command: join(binDir, 'postgres'),
      args: ['-D', home.data, '-p', String(port), ...settings(options.fast ?? false)],
      env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
      cwd: home.data,
      ...asUser(user),
      logFile: options.logFile,
      marker: home.data,
      stopSignal: STOP_SIGNALS.fast,
      stopGraceMs: STOP_GRACE_MS,
      readyTimeoutMs: READY_TIMEOUT_MS,
      isReady: () => answers(url('postgres')),
      backoff: options.backoff,
    },
    { crash: options.onCrash, change: options.onChange },
  );
  try {
    await supervised.start();
    await createDatabase(url('postgres'));
  } catch (error) {
    await supervised.stop();
    throw error;
  }
  return new PostgresServer(supervised, port, url(POSTGRES_DATABASE), home);
}

function settings(fast: boolean): string[] {
  const values: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: String(MAX_CONNECTIONS),
    shared_buffers: fast ? '128MB' : '256MB',
    max_wal_size: '2GB',
    random_page_cost: '1.1',
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...(fast && { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/**
 * Removes what a killed run left: a postmaster of this very folder is stopped; a pid file whose number now belongs to
 * somebody else (usual in containers, where pids start over) is deleted, because Postgres would refuse to start.
 */
async function clearStalePostmaster(dataDir: string): Promise<void> {
  const pidFile = join(dataDir, 'postmaster.pid');
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
  const record = pid > 0 ? recordProcess(pid, dataDir) : undefined;
  if (record && commandLineOf(pid).includes(dataDir)) await endProcess(record, 'SIGINT', STOP_GRACE_MS);
  else rmSync(pidFile, { force: true });
}

/** Whether Postgres answers a query at this URL. */
export async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: PROBE_TIMEOUT_MS });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function createDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [
      POSTGRES_DATABASE,
    ]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${POSTGRES_DATABASE}`);
  } finally {
    await client.end();
  }
}
