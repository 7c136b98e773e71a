import { relative } from 'node:path';
import { styleText } from 'node:util';
import { CommandFailure } from '../infra/commands.ts';
import { ROOT } from '../infra/paths.ts';
import { StartFailure, type CrashReport } from '../infra/supervised.ts';
import { AlreadyRunning } from './run-state.ts';

/** What went wrong, its last words, and what to do, for the person at the terminal. */
export function describeFailure(error: unknown): string {
  if (error instanceof StartFailure) {
    const log = error.logFile.startsWith(ROOT) ? relative(ROOT, error.logFile) : error.logFile;
    return [
      red(error.message),
      ...quote(error.lastLines),
      `fix: read the whole log in ${log}; "npm run doctor" checks what it needs.`,
    ].join('\n');
  }
  if (error instanceof CommandFailure) return [red(error.message), ...quote(error.lastLines)].join('\n');
  if (error instanceof AlreadyRunning) {
    const api = error.state?.urls?.api;
    const fix = `fix: stop it there with Ctrl-C, or with "kill ${error.pid}"; or set LEADWIRE_DATA to another folder for a second instance.`;
    return [red(error.message), ...(api ? [`  It answers at ${api}`] : []), fix].join('\n');
  }
  if (!(error instanceof Error)) return red(String(error));
  const [problem, fix] = error.message.split(/ Fix: /);
  return [
    red(problem ?? ''),
    ...(fix ? [`fix: ${fix}`] : quote((error.stack ?? '').split('\n').slice(1))),
  ].join('\n');
}

/** The note about a process that ended by itself. */
export function describeCrash({ name, code, signal, lastLines, restartInMs }: CrashReport): string {
  const how = signal ? `signal ${signal}` : `exit code ${code}`;
  return [red(`${name} ended with ${how}; it restarts in ${restartInMs / 1000} s`), ...quote(lastLines)].join(
    '\n',
  );
}

function red(text: string): string {
  return `  ${styleText('red', '✗')} ${text}`;
}

function quote(lines: string[]): string[] {
  return lines.map((line) => `    │ ${line.length > 400 ? `${line.slice(0, 400)}…` : line}`);
}
