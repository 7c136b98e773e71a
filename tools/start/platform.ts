import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { runLogged } from '../infra/commands.ts';
import { startNats, type NatsServer } from '../infra/nats.ts';
import { ROOT } from '../infra/paths.ts';
import { startPostgres, type PostgresServer } from '../infra/postgres.ts';
import { ownRecord } from '../infra/processes.ts';
import { Progress } from '../infra/progress.ts';
import { SupervisedProcess } from '../infra/supervised.ts';
import { appProcess, urlsOf } from './app-process.ts';
import { APPS, type AppSpec, type InstanceFacts } from './apps.ts';
import { InstancePorts } from './ports-file.ts';
import type { PlatformOptions } from './platform-options.ts';
import { ProcessTable } from './process-table.ts';
import { requireSecretsOfExistingData, Secrets } from './secrets.ts';
import {
  endStaleProcesses,
  lockDataDir,
  unlockDataDir,
  writeRunState,
  type PlatformUrls,
} from './run-state.ts';

/** After every app: what they all need to finish their work. */
const STOP_ORDER = { nats: 100, postgres: 101 };

/** One whole Leadwire: Postgres, NATS, every app as a process of its own, supervised. */
export class Platform {
  private readonly options: PlatformOptions;
  /** All state of the instance. */
  readonly dataDir: string;
  private readonly apps: AppSpec[];
  private readonly progress: Progress;
  private readonly abort = new AbortController();
  private readonly processes = new ProcessTable();
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
      await this.processes.stopInOrder();
      // A step of an unfinished start may have brought up one thing more.
      await this.starting?.catch(() => undefined);
      await this.processes.stopInOrder();
      this.ports?.release();
      if (this.locked) unlockDataDir(this.dataDir);
      this.locked = false;
    })();
    return this.stopping;
  }

  /** Ends every process at once, without waiting for work in progress. */
  async hurry(): Promise<void> {
    this.abort.abort(stoppedEarly());
    await this.processes.killAll();
    await this.stop();
  }

  /** Deletes the stopped instance's whole state. */
  removeData(): void {
    this.postgres?.removeData();
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  /** A process by name: `leads`, `leads-2`, `postgres`, `nats`. */
  process(name: string): SupervisedProcess {
    return this.processes.get(name);
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
    await this.processes.waitReady();
  }

  /** Pid of every process that runs now, by name. */
  pids(): Record<string, number> {
    return this.processes.pids();
  }

  /** Resident memory of all processes together, in bytes (Postgres: its main process only). */
  residentBytes(): number {
    return this.processes.residentBytes();
  }

  private async bringUp(): Promise<void> {
    for (const part of ['logs', 'objects'])
      mkdirSync(join(this.dataDir, part), { recursive: true, mode: 0o700 });
    // Root's Postgres runs as another user, who must be able to pass through, and no more.
    chmodSync(this.dataDir, process.getuid?.() === 0 ? 0o711 : 0o700);
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
          onChange: (process) => this.track(process, STOP_ORDER.postgres),
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
          onChange: (process) => this.track(process, STOP_ORDER.nats),
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
    const { httpPorts } = facts;
    const started: SupervisedProcess[] = [];
    for (const app of this.apps) {
      const count = app.replicable ? (this.options.replicas ?? 1) : 1;
      for (let replica = 1; replica <= count; replica++) {
        const name = replica === 1 ? app.name : `${app.name}-${replica}`;
        const httpPort = (httpPorts[name] ??= await this.ports.pick(name));
        const spec = appProcess(name, app, httpPort, { apps: this.apps, facts, env, backoff });
        started.push(
          new SupervisedProcess(spec, {
            crash: onCrash,
            change: (process) => this.track(process, app.stopOrder),
          }),
        );
      }
    }
    this.addresses = urlsOf(httpPorts, facts);
    await this.together(started.map((process) => this.step(process.spec.name, () => process.start())));
  }

  private async instanceFacts(): Promise<InstanceFacts> {
    const natsUrl = this.options.natsUrl ?? this.nats?.url;
    if (!natsUrl) throw new Error('The broker is not running');
    const ports: Record<string, number> = {};
    const httpPorts: Record<string, number> = {};
    for (const { name: app, extraPorts } of this.apps) {
      httpPorts[app] = await this.ports.pick(app);
      for (const name of Object.keys(extraPorts ?? {})) ports[name] = await this.ports.pick(name);
    }
    const { dataDir, adminUrl, secretKeys: secrets } = this;
    return { dataDir, adminUrl, natsUrl, secrets, ports, httpPorts };
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
      await this.processes.stopInOrder();
      await Promise.allSettled(work);
      throw error;
    }
  }

  private track(process: SupervisedProcess, stopOrder: number): void {
    this.processes.add(process, stopOrder);
    this.saveRunState();
  }

  private saveRunState(): void {
    if (!this.locked) return;
    writeRunState(this.dataDir, {
      launcher: ownRecord(),
      processes: this.processes.records(),
      urls: this.addresses,
    });
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
