import { stripVTControlCharacters, styleText } from 'node:util';
import type { PlatformUrls } from './run-state.ts';

export type DemoLogin = { tenant: string; email: string; password: string };

/** What a newcomer needs next: where everything is, how to log in, what to run. */
export function readyBox(urls: PlatformUrls, login: DemoLogin | undefined, seconds: number): string {
  const rows: [string, string][] = [
    ['API', `${urls.api}/v1`],
    ['API docs', urls.docs],
    ['Sent mail', `${urls.sandbox} (sandbox; SMTP on ${urls.smtp.host}:${urls.smtp.port})`],
    ...(login
      ? ([
          ['Log in', `${login.email} / ${login.password}`],
          ['Tenant', login.tenant],
        ] satisfies [string, string][])
      : []),
    ['', ''],
    ['Next', 'npm run demo     the main job, end to end, on an instance of its own'],
    ['', 'npm test         every check'],
    ['', 'npm run doctor   what is missing or broken, and how to mend it'],
    ['', 'Ctrl-C           stop everything'],
  ];
  const label = (name: string): string => styleText('bold', name.padEnd(10));
  return drawBox(
    `Leadwire is ready (${seconds.toFixed(1)} s)`,
    rows.map(([name, text]) => `${label(name)}${text}`),
  );
}

function drawBox(title: string, lines: string[]): string {
  const width = Math.max(title.length + 2, ...lines.map((line) => stripVTControlCharacters(line).length));
  const row = (line: string): string =>
    `│ ${line}${' '.repeat(width - stripVTControlCharacters(line).length)} │`;
  return [
    `┌─ ${styleText('green', title)} ${'─'.repeat(width - title.length - 1)}┐`,
    ...lines.map(row),
    `└${'─'.repeat(width + 2)}┘`,
  ].join('\n');
}
