import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import { LogFile } from './log-file.ts';
import { recordProcess, sendSignal, type ProcessRecord } from './processes.ts';

/** Lines of a failed process that are worth showing. */
const TAIL_LINES = 20;
const POLL_MS = 100;

export type Backoff = {
  firstMs: number;
  maxMs: number;
  /** Up this long, a process counts as healthy again. */ resetMs: number;
};
const RESTART_BACKOFF: Backoff = { firstMs: 500, maxMs: 30_000, resetMs: 60_000 };

export type ProcessSpec = {
  name: string;
  command: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  cwd: string;
  uid?: number;
  gid?: number;
  logFile: string;
  /** A part of the command line that no other instance has. */
  marker: string;
  stopSignal: NodeJS.Signals;
  stopGraceMs: number;
  readyTimeoutMs: number;
  /** Whether the process answers; asked again until it says true or the time is over. */
  isReady: () => Promise<boolean>;
  backoff?: Backoff;
};

export type CrashReport = {
  name: string;
  code: number | null;
  signal: string | null;
  lastLines: string[];
  restartInMs: number;
};

/** `change` is told whenever the pid changed, `crash` whenever a ready process ended by itself. */
export type SupervisionListeners = {
  crash?: (report: CrashReport) => void;
  change?: (process: SupervisedProcess) => void;
};

/** A process did not become ready. `lastLines` say what it said before. */
export class StartFailure extends Error {
  readonly processName: string;
  readonly lastLines: string[];
  readonly logFile: string;

  constructor(processName: string, reason: string, lastLines: string[], logFile: string) {
    super(`${processName} ${reason}`, { cause: lastLines.join('\n') });
    this.name = 'StartFailure';
    this.processName = processName;
    this.lastLines = lastLines;
    this.logFile = logFile;
  }
}

/**
 * Runs one process: starts it, waits until it is ready, restarts it with growing delays when it crashes, stops it.
 * Crashes before the first readiness are not retried: they are the caller's start failure.
 */
export class SupervisedProcess {
  restarts = 0;
  readonly spec: ProcessSpec;
  private readonly on: SupervisionListeners;
  private child: ChildProcess | undefined;
  private spawnError: Error | undefined;
  private exited: Promise<void> = Promise.resolve();
  private wanted = false;
  private becameReady = false;
  private startedAtMs = 0;
  private logOffset = 0;
  private crashesInARow = 0;
  private restartTimer: NodeJS.Timeout | undefined;
  private readonly log: LogFile;

  constructor(spec: ProcessSpec, on: SupervisionListeners = {}) {
    this.spec = spec;
    this.on = on;
    this.log = new LogFile(spec.logFile);
  }

  get pid(): number | undefined {
    return this.child?.exitCode === null && this.child.signalCode === null ? this.child.pid : undefined;
  }

  /** For the run file; undefined while nothing runs. */
  get record(): ProcessRecord | undefined {
    return this.pid === undefined ? undefined : recordProcess(this.pid, this.spec.marker);
  }

  /** Starts and waits for readiness. @throws StartFailure when it exits first or the time is over. */
  async start(): Promise<void> {
    this.wanted = true;
    this.becameReady = false;
    this.spawn();
    await this.waitReady();
  }

  /** Waits until the process (or its next incarnation) is ready. @throws StartFailure */
  async waitReady(): Promise<void> {
    const deadline = Date.now() + this.spec.readyTimeoutMs;
    for (;;) {
      if (this.pid !== undefined && (await this.spec.isReady())) {
        this.becameReady = true;
        return;
      }
      if (!this.wanted) throw this.failure('was stopped while it was starting');
      if (this.pid === undefined && !this.becameReady) {
        throw this.failure(`${exitText(this.child, this.spawnError)} before it was ready`);
      }
      if (Date.now() >= deadline) {
        throw this.failure(`was not ready within ${this.spec.readyTimeoutMs / 1000} s`);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Ends the process: its stop signal (or the given one), then SIGKILL after the grace time. Not restarted. */
  async stop(signal: NodeJS.Signals = this.spec.stopSignal, graceMs = this.spec.stopGraceMs): Promise<void> {
    this.wanted = false;
    clearTimeout(this.restartTimer);
    const pid = this.pid;
    if (pid === undefined) return this.exited;
    sendSignal(pid, signal);
    const force = setTimeout(() => sendSignal(pid, 'SIGKILL'), graceMs);
    await this.exited;
    clearTimeout(force);
  }

  /** Kills the process as a crash would; the supervisor brings it back. Returns once it is gone. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.pid === undefined) return;
    sendSignal(this.pid, signal);
    await this.exited;
  }

  /** Stops and starts again, and waits until it is ready. @throws StartFailure */
  async restart(signal?: NodeJS.Signals): Promise<void> {
    await this.stop(signal);
    await this.start();
  }

  /** The last lines this incarnation wrote. */
  lastLines(): string[] {
    return this.log.tail(TAIL_LINES, this.logOffset);
  }

  private spawn(): void {
    const { command, args, env, cwd, uid, gid } = this.spec;
    this.spawnError = undefined;
    const { fd, offset } = this.log.open();
    this.logOffset = offset;
    this.startedAtMs = Date.now();
    // A process group of its own: Ctrl-C in the terminal must reach the launcher only, which stops things in order.
    const child = spawn(command, args, { cwd, env, uid, gid, detached: true, stdio: ['ignore', fd, fd] });
    closeSync(fd);
    this.child = child;
    this.exited = new Promise((resolve) => {
      const ended = (code: number | null, signal: string | null): void => {
        resolve();
        this.onExit(child, code, signal);
      };
      child.once('exit', ended);
      child.once('error', (error) => {
        if (child.pid !== undefined) return;
        this.spawnError = error;
        ended(null, null);
      });
    });
    this.on.change?.(this);
  }

  private onExit(child: ChildProcess, code: number | null, signal: string | null): void {
    if (child !== this.child) return;
    this.on.change?.(this);
    if (!this.wanted || !this.becameReady) return;
    const backoff = this.spec.backoff ?? RESTART_BACKOFF;
    if (Date.now() - this.startedAtMs >= backoff.resetMs) this.crashesInARow = 0;
    const restartInMs = Math.min(backoff.maxMs, backoff.firstMs * 2 ** this.crashesInARow++);
    this.on.crash?.({ name: this.spec.name, code, signal, lastLines: this.lastLines(), restartInMs });
    this.restartTimer = setTimeout(() => {
      this.restarts++;
      this.spawn();
    }, restartInMs);
  }

  private failure(reason: string): StartFailure {
    return new StartFailure(this.spec.name, reason, this.lastLines(), this.spec.logFile);
  }
}

function exitText(child: ChildProcess | undefined, spawnError: Error | undefined): string {
  if (spawnError) return `could not be started (${spawnError.message})`;
  return child?.signalCode
    ? `ended with signal ${child.signalCode}`
    : `ended with exit code ${child?.exitCode ?? 'unknown'}`;
}
