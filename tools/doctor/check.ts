import { styleText } from 'node:util';

export type Status = 'ok' | 'warn' | 'fail';
/** One thing that was looked at. Whatever is not `ok` says how to mend it. */
export type Check = { name: string; status: Status; message: string; fix?: string };

export const ok = (name: string, message: string): Check => ({ name, status: 'ok', message });
export const warn = (name: string, message: string, fix: string): Check => ({
  name,
  status: 'warn',
  message,
  fix,
});
export const fail = (name: string, message: string, fix: string): Check => ({
  name,
  status: 'fail',
  message,
  fix,
});

/** Runs one check; an error it throws is its failure, with the fix if the error names one. */
export async function guarded(name: string, fix: string, look: () => Promise<Check> | Check): Promise<Check> {
  try {
    return await look();
  } catch (error) {
    const [message = '', ownFix] = (error instanceof Error ? error.message : String(error)).split(/ Fix: /);
    return fail(name, message, ownFix ?? fix);
  }
}

const MARKS = { ok: ['green', '✓'], warn: ['yellow', '!'], fail: ['red', '✗'] } as const;
const NAME_WIDTH = 20;

/** The report as lines for the terminal. */
export function describeChecks(checks: Check[]): string {
  const lines = checks.flatMap(({ name, status, message, fix }) => {
    const [colour, mark] = MARKS[status];
    const line = `  ${styleText(colour, mark)} ${name.padEnd(NAME_WIDTH)} ${message}`;
    return fix ? [line, `    ${''.padEnd(NAME_WIDTH)} fix: ${fix}`] : [line];
  });
  const count = (status: Status): number => checks.filter((check) => check.status === status).length;
  return [...lines, '', `  ${count('ok')} fine, ${count('warn')} to look at, ${count('fail')} broken`].join(
    '\n',
  );
}
