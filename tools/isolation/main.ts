// `npm run isolation [-- --json]`: the proof that no team sees or changes anything of another, on a private instance that is
// gone afterwards. Ends with 1 when it does not hold.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runLogged } from '../infra/commands.ts';
import { toolLog } from '../infra/paths.ts';
import { Progress } from '../infra/progress.ts';
import { describeCrash, describeFailure } from '../start/failure.ts';
import { Platform } from '../start/platform.ts';
import { LogInProvider } from './log-in-provider.ts';

const { values } = parseArgs({ options: { json: { type: 'boolean' } } });
// With --json stdout is the result, and what is meant for people goes to stderr.
const print = (text: string): void => void (values.json ? process.stderr : process.stdout).write(`${text}\n`);

const dataDir = mkdtempSync(join(tmpdir(), 'leadwire-isolation-'));
// As root, Postgres runs as another user, who must be able to pass through.
chmodSync(dataDir, 0o711);
let provider: LogInProvider | undefined;
let platform: Platform | undefined;

/** Proves on an instance; answers whether it holds. */
async function run(): Promise<boolean> {
  await new Progress(false, (text) => print(text.trimEnd())).step('Build', () =>
    runLogged('nx', ['run-many', '-t', 'build'], { logFile: toolLog('build.log') }),
  );
  provider = await LogInProvider.start();
  platform = new Platform({
    dataDir,
    quiet: values.json,
    fast: true,
    env: await provider.env(),
    onCrash: (report) => print(describeCrash(report)),
  });
  await platform.start();
  // Not before the build: the proof reads the contracts as they are compiled.
  const { proveIsolation, violationsOf } = await import('./proof.ts');
  const { describeProof } = await import('./report.ts');
  const report = await proveIsolation(platform, provider);
  const violations = violationsOf(report);
  print(describeProof(report));
  if (values.json) process.stdout.write(`${JSON.stringify({ ...report, violations })}\n`);
  return violations.length === 0;
}

const cleanUp = async (): Promise<void> => {
  await platform?.stop();
  await provider?.stop();
  platform?.removeData();
  rmSync(dataDir, { recursive: true, force: true });
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => void cleanUp().then(() => process.exit(130)));
process.on('disconnect', () => void cleanUp().then(() => process.exit(130)));

try {
  process.exitCode = (await run()) ? 0 : 1;
} catch (error) {
  process.stderr.write(`${describeFailure(error)}\n`);
  process.exitCode = 1;
} finally {
  await cleanUp();
  process.exit();
}
