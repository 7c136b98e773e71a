// `npm run demo [-- --csv FILE] [--smtp HOST:PORT] [--json]`: the main job, end to end, on a private instance that is gone afterwards.
import { chmodSync, mkdtempSync, openAsBlob } from 'node:fs';
import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, styleText } from 'node:util';
import { runLogged } from '../infra/commands.ts';
import { ROOT, toolLog } from '../infra/paths.ts';
import { Progress } from '../infra/progress.ts';
import { describeCrash, describeFailure } from '../start/failure.ts';
import { Platform } from '../start/platform.ts';
import { closeTheBooks, type Books } from './books.ts';
import { followToTheEnd, launchMainJob, type Smtp } from './main-job.ts';
import { sandboxMailbox, verify, type Verdict } from './verify.ts';

const DEFAULT_CSV = join(ROOT, 'tools', 'demo', 'leads.csv');
const SENDING_DEADLINE_MS = 30 * 60_000;
const AGREEMENT_DEADLINE_MS = 120_000;

const { values } = parseArgs({
  options: { csv: { type: 'string' }, smtp: { type: 'string' }, json: { type: 'boolean' } },
});
// With --json the last line of stdout is the result, and what is meant for people goes to stderr.
const print = (text: string): void => void (values.json ? process.stderr : process.stdout).write(`${text}\n`);

function smtpOf(text: string): Smtp {
  const at = text.lastIndexOf(':');
  const [host, port] = [text.slice(0, at), Number(text.slice(at + 1))];
  if (at < 1 || !(port > 0 && port < 65_536)) throw new Error(`--smtp takes HOST:PORT, not "${text}".`);
  return { host, port };
}

async function run(platform: Platform): Promise<Verdict & Books & { seconds: number }> {
  const file = values.csv ?? DEFAULT_CSV;
  if (!(await stat(file).catch(() => undefined))?.isFile()) throw new Error(`There is no file ${file}.`);
  const smtp = values.smtp ? smtpOf(values.smtp) : undefined;
  await new Progress(false, (text) => print(text.trimEnd())).step('Build', () =>
    runLogged('nx', ['run-many', '-t', 'build'], { logFile: toolLog('build.log') }),
  );
  await platform.start();
  const startedAt = performance.now();
  const step = (text: string): void =>
    print(`  ${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${text}`);
  const mailbox = smtp ? undefined : await sandboxMailbox(platform.urls.sandbox);
  const job = await launchMainJob(
    platform.urls.api,
    await openAsBlob(file),
    smtp ?? platform.urls.smtp,
    step,
  );
  const stats = await followToTheEnd(job, step, SENDING_DEADLINE_MS);
  step('Comparing mailbox, campaign, timelines, usage and ledger');
  const verdict = await verify(job, stats, platform.adminUrl, mailbox, AGREEMENT_DEADLINE_MS);
  step('Paying by card, proving the ledger, invoicing');
  const books = await closeTheBooks(job.api, dataDir);
  const inOrder = books.receiptAgrees && books.cardTopUp === 'succeeded' && books.ledgerProven > 0;
  const { ok, ...facts } = verdict;
  return {
    ...facts,
    ...books,
    ok: ok && inOrder,
    seconds: Number(((performance.now() - startedAt) / 1000).toFixed(2)),
  };
}

function summary({ ok, ...facts }: Verdict): string {
  const rows = Object.entries(facts).map(
    ([name, value]) => `  ${name.padEnd(18)} ${String(value).padStart(14)}`,
  );
  const mark = ok ? styleText('green', '✓ all sides agree') : styleText('red', '✗ the sides do not agree');
  return ['', ...rows, '', `  ${mark}`].join('\n');
}

const dataDir = mkdtempSync(join(tmpdir(), 'leadwire-demo-'));
// As root, Postgres runs as another user, who must be able to pass through.
chmodSync(dataDir, 0o711);
const platform = new Platform({
  dataDir,
  quiet: values.json,
  env: { LOG_LEVEL: 'warn' },
  onCrash: (report) => print(describeCrash(report)),
});
const cleanUp = async (): Promise<void> => {
  await platform.stop();
  platform.removeData();
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => void cleanUp().then(() => process.exit(130)));
process.on('disconnect', () => void cleanUp().then(() => process.exit(130)));

try {
  const result = await run(platform);
  print(summary(result));
  process.exitCode = result.ok ? 0 : 1;
  if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
} catch (error) {
  process.stderr.write(`${describeFailure(error)}\n`);
  process.exitCode = 1;
} finally {
  await cleanUp();
  process.exit();
}
