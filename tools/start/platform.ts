import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { runLogged } from '../infra/commands.ts';
import { startNats, type NatsServer } from '../infra/nats.ts';
import { ROOT } from '../infra/paths.ts';
import { startPostgres, type PostgresServer } from '../infra/postgres.ts';
import { Progress } from '../infra/progress.ts';
import { residentBytes } from '../infra/processes.ts';
import { SupervisedProcess, type Backoff, type CrashReport } from '../infra/supervised.ts';
import { appProcess, urlsOf } from './app-process.ts';
import { APPS, type AppSpec, type InstanceFacts } from './apps.ts';
import { InstancePorts } from './ports-file.ts';
import { requireSecretsOfExistingData, Secrets } from './secrets.ts';
import {
  endStaleProcesses,
  lockDataDir,
  ownRecord,
  unlockDataDir,
  writeRunState,
  type PlatformUrls,
  type RunState,
} from './run-state.ts';

/** After every app: what they all need to finish their work. */
const INFRASTRUCTURE_STOP_ORDER: [string, number][] = [
  ['nats', 100],
  ['postgres', 101],
];

export type PlatformOptions = {
  /** All state of the instance; made when it is missing. One running platform per folder. */
  dataDir: string;
  /** An admin URL to use instead of an embedded Postgres. */
  databaseUrl?: string;
  /** A NATS server with JetStream to use instead of one of our own. */
  natsUrl?: string;
  /** First choices by name (`gateway`, `leads`, `smtp`, `postgres`, `nats`, …); without one, a random free port. */
  preferredPorts?: Record<string, number>;
  /** Prints nothing. */
  quiet?: boolean;
  /** Processes of every app that may run more than once. */
  replicas?: number;
  /** Postgres without durability: for instances that are thrown away. */
  fast?: boolean;
  /** Compiles first (cached). Leave it out when the caller knows that `dist/` is fresh. */
  build?: boolean;
  /** Variables for every app, over those it gets anyway. */
  env?: NodeJS.ProcessEnv;
  /** Which apps; all by default. */
  apps?: AppSpec[];
  backoff?: Backoff;
  onCrash?: (report: CrashReport) => void;
};

/** One whole Leadwire: Postgres, NATS, every app as a process of its own, supervised. */
export class Platform {
  private readonly options: PlatformOptions;
  private readonly dataDir: string;
  private readonly apps: AppSpec[];
  private readonly progress: Progress;
  private readonly abort = new AbortController();
  /** Every process of ours by name, from the moment it is spawned. */
  private readonly processes = new Map<string, SupervisedProcess>();
  private readonly stopOrder = new Map<string, number>(INFRASTRUCTURE_STOP_ORDER);
  private ports!: InstancePorts;
  private secretKeys!: Secrets;
  private postgres: PostgresServer | undefined;
  private nats: NatsServer | undefined;
  private addresses: PlatformUrls | undefined;
  private starting: Promise<void> | undefined;
  private stopping: Promise<void> | undefined;
  private locked = false;

  constructor(options: PlatformOptions) {
    this.options = options;
    this.dataDir = resolve(options.dataDir);
    this.apps = options.apps ?? APPS;
    this.progress = new Progress(options.quiet);
  }

  /** Addresses of the running platform. */
  get urls(): PlatformUrls {
    if (!this.addresses) throw new Error('The platform is not running');
    return this.addresses;
  }

  /** Superuser access to its database. */
  get adminUrl(): string {
    const url = this.options.databaseUrl ?? this.postgres?.adminUrl;
    if (!url) throw new Error('The platform is not running');
    return url;
  }

  get secrets(): Secrets {
    return this.secretKeys;
  }

  /** Brings everything up. On failure nothing is left running. @throws StartFailure, CommandFailure, AlreadyRunning */
  async start(): Promise<void> {
    this.starting = this.bringUp();
    try {
      await this.starting;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Stops everything in order: who takes requests first, the database last. Safe to call at any time and twice. */
  stop(): Promise<void> {
    this.stopping ??= (async () => {
      this.abort.abort(stoppedEarly());
      await this.tearDown();
      // A step of an unfinished start may have brought up one thing more.
      await this.starting?.catch(() => undefined);
      await this.tearDown();
      this.ports?.release();
      if (this.locked) unlockDataDir(this.dataDir);
      this.locked = false;
    })();
    return this.stopping;
  }

  /** Ends every process at once, without waiting for work in progress. */
  async hurry(): Promise<void> {
    this.abort.abort(stoppedEarly());
    await Promise.all(
      [...this.processes].map(([name, process]) => process.stop(name === 'postgres' ? 'SIGQUIT' : 'SIGKILL')),
    );
    await this.stop();
  }

  /** Deletes the stopped instance's whole state. */
  removeData(): void {
    this.postgres?.removeData();
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  /** A process by name: `leads`, `leads-2`, `postgres`, `nats`. */
  process(name: string): SupervisedProcess {
    const found = this.processes.get(name);
    if (!found) throw new Error(`No process "${name}"; there are ${[...this.processes.keys()].join(', ')}`);
    return found;
  }

  /** Crashes a process; the supervisor brings it back. */
  kill(name: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    return this.process(name).kill(signal);
  }

  /** Restarts a process, by its stop signal or the given one, and waits until it is ready. */
  restart(name: string, signal?: NodeJS.Signals): Promise<void> {
    return this.process(name).restart(signal);
  }

  /** Waits until every process is up and ready again. */
  async waitReady(): Promise<void> {
    await Promise.all([...this.processes.values()].map((process) => process.waitReady()));
  }

  /** Pid of every process that runs now, by name. */
  pids(): Record<string, number> {
    const entries = [...this.processes].map(([name, process]) => [name, process.pid] as const);
    return Object.fromEntries(entries.filter((entry): entry is [string, number] => entry[1] !== undefined));
  }

  /** Resident memory of all processes together, in bytes (Postgres: its main process only). */
  residentBytes(): number {
    return Object.values(this.pids()).reduce((sum, pid) => sum + residentBytes(pid), 0);
  }

  private async bringUp(): Promise<void> {
    mkdirSync(join(this.dataDir, 'logs'), { recursive: true });
    mkdirSync(join(this.dataDir, 'objects'), { recursive: true });
    // Postgres may have to pass through as another user; every file with a secret in it is 0600 by itself.
    chmodSync(this.dataDir, 0o711);
    lockDataDir(this.dataDir);
    this.locked = true;
    const ended = await endStaleProcesses(this.dataDir);
    if (ended.length > 0)
      this.progress.note(`  Ended what an earlier, killed run had left: ${ended.join(', ')}`);
    requireSecretsOfExistingData(this.dataDir);
    this.secretKeys = new Secrets(this.dataDir);
    // Written before the database exists: data without the file is what the check above refuses.
    this.secretKeys.key('roles');
    this.ports = new InstancePorts(this.dataDir, this.options.preferredPorts);

    await this.together([this.bringDatabase(), this.bringBroker(), this.build()]);
    await this.migrate();
    await this.startApps();
    this.saveRunState();
  }

  private async bringDatabase(): Promise<void> {
    if (this.options.databaseUrl) return;
    const { fast, backoff, onCrash } = this.options;
    await this.step(
      'Postgres',
      async () => {
        this.postgres = await startPostgres({
          dir: join(this.dataDir, 'postgres'),
          logFile: this.logFile('postgres.log'),
          port: await this.ports.pick('postgres'),
          onChange: (process) => this.track(process),
          ...{ fast, backoff, onCrash },
        });
      },
      () => `Postgres on port ${this.postgres?.port}`,
    );
  }

  private async bringBroker(): Promise<void> {
    if (this.options.natsUrl) return;
    const { backoff, onCrash } = this.options;
    await this.step(
      'NATS',
      async () => {
        this.nats = await startNats({
          dir: join(this.dataDir, 'nats'),
          logFile: this.logFile('nats.log'),
          port: await this.ports.pick('nats'),
          onChange: (process) => this.track(process),
          ...{ backoff, onCrash },
        });
      },
      () => `NATS with JetStream on port ${this.nats?.port}`,
    );
  }

  private async build(): Promise<void> {
    if (!this.options.build) return;
    await this.step('Build', () =>
      runLogged('nx', ['run-many', '-t', 'build'], {
        logFile: this.logFile('build.log'),
        signal: this.abort.signal,
      }),
    );
  }

  private async migrate(): Promise<void> {
    if (!this.apps.some((app) => app.ownsSchema)) return;
    await this.step('Migrations', () =>
      runLogged(process.execPath, [join(ROOT, 'tools', 'migrate.ts')], {
        logFile: this.logFile('migrate.log'),
        signal: this.abort.signal,
        env: { DATABASE_URL: this.adminUrl, ROLE_SECRET: this.secretKeys.key('roles') },
      }),
    );
  }

  private async startApps(): Promise<void> {
    const facts = await this.instanceFacts();
    const { env, backoff, onCrash } = this.options;
    const httpPorts: Record<string, number> = {};
    const started: SupervisedProcess[] = [];
    for (const app of this.apps) {
      const count = app.replicable ? (this.options.replicas ?? 1) : 1;
      for (let replica = 1; replica <= count; replica++) {
        const name = replica === 1 ? app.name : `${app.name}-${replica}`;
        httpPorts[name] = await this.ports.pick(name);
        const spec = appProcess(name, app, httpPorts[name], { apps: this.apps, facts, env, backoff });
        started.push(
          new SupervisedProcess(spec, { crash: onCrash, change: (process) => this.track(process) }),
        );
        this.stopOrder.set(name, app.stopOrder);
      }
    }
    this.addresses = urlsOf(httpPorts, facts);
    await this.together(started.map((process) => this.step(process.spec.name, () => process.start())));
  }

  private async instanceFacts(): Promise<InstanceFacts> {
    const natsUrl = this.options.natsUrl ?? this.nats?.url;
    if (!natsUrl) throw new Error('The broker is not running');
    const ports: Record<string, number> = {};
    for (const { extraPorts } of this.apps) {
      for (const name of Object.keys(extraPorts ?? {})) ports[name] = await this.ports.pick(name);
    }
    return { dataDir: this.dataDir, adminUrl: this.adminUrl, natsUrl, secrets: this.secretKeys, ports };
  }

  private async tearDown(): Promise<void> {
    const orderOf = (process: SupervisedProcess): number => this.stopOrder.get(process.spec.name) ?? 0;
    const running = [...this.processes.values()];
    for (const order of [...new Set(running.map(orderOf))].sort((a, b) => a - b)) {
      await Promise.all(
        running.filter((process) => orderOf(process) === order).map((process) => process.stop()),
      );
    }
  }

  private async step<T>(label: string, work: () => Promise<T>, describe?: () => string): Promise<T> {
    this.abort.signal.throwIfAborted();
    return this.progress.step(label, work, describe);
  }

  /** Works side by side; the first failure ends the rest, and is thrown once nothing goes on in the background. */
  private async together(work: Promise<unknown>[]): Promise<void> {
    try {
      await Promise.all(work);
    } catch (error) {
      this.abort.abort(stoppedEarly());
      await this.tearDown();
      await Promise.allSettled(work);
      throw error;
    }
  }

  private track(process: SupervisedProcess): void {
    this.processes.set(process.spec.name, process);
    this.saveRunState();
  }

  private saveRunState(): void {
    if (!this.locked) return;
    const processes: RunState['processes'] = {};
    for (const [name, supervised] of this.processes) {
      const record = supervised.record;
      if (record) processes[name] = { ...record, stopSignal: supervised.spec.stopSignal };
    }
    writeRunState(this.dataDir, { launcher: ownRecord(), processes, urls: this.addresses });
  }

  private logFile(name: string): string {
    return join(this.dataDir, 'logs', name);
  }
}

/** Starts a whole Leadwire on its own data folder and ports. @throws what {@link Platform.start} throws */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const platform = new Platform(options);
  await platform.start();
  return platform;
}

function stoppedEarly(): Error {
  return new Error('The platform was stopped while it was starting');
}
