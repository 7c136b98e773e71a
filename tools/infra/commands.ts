import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { LogFile } from './log-file.ts';
import { ROOT, toolEnv } from './paths.ts';

const FAILURE_LINES = 40;

/** A command of ours failed. `lastLines` are its last output. */
export class CommandFailure extends Error {
  readonly lastLines: string[];

  constructor(command: string, reason: string, lastLines: string[]) {
    super(`"${command}" ${reason}`);
    this.name = 'CommandFailure';
    this.lastLines = lastLines;
  }
}

export type CommandOptions = { logFile: string; env?: NodeJS.ProcessEnv; signal?: AbortSignal };

/**
 * Runs a command in the repository with the pinned Node on the PATH, its output going to a file.
 * @returns what it wrote. @throws CommandFailure when it does not exit with 0 or `signal` ends it.
 */
export function runLogged(
  command: string,
  args: string[],
  { logFile, env, signal }: CommandOptions,
): Promise<string[]> {
  const log = new LogFile(logFile);
  const { fd, offset } = log.open();
  const shown = [command, ...args].join(' ');
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      env: { ...toolEnv(), FORCE_COLOR: '0', ...env },
      stdio: ['ignore', fd, fd],
      // Its own group, so that Ctrl-C reaches it only through us, and whatever it started ends with it.
      detached: true,
    });
    closeSync(fd);
    const abort = (): void => {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM');
    };
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort, { once: true });
    child.once('error', (error) =>
      reject(new CommandFailure(shown, `could not be started: ${error.message}`, [])),
    );
    child.once('exit', (code, killedBy) => {
      signal?.removeEventListener('abort', abort);
      if (code === 0) return resolve(log.tail(FAILURE_LINES, offset));
      reject(
        new CommandFailure(
          shown,
          `ended with ${killedBy ?? `exit code ${code}`}`,
          log.tail(FAILURE_LINES, offset),
        ),
      );
    });
  });
}
