// `npm run isolation [-- --json]`: the proof that no team sees or changes anything of another, on a private instance that is
// gone afterwards. Ends with 1 when it does not hold.
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runLogged } from '../infra/commands.ts';
import { toolLog } from '../infra/paths.ts';
import { Progress } from '../infra/progress.ts';
import { describeCrash, describeFailure } from '../start/failure.ts';
import { Platform } from '../start/platform.ts';
import { PROOF_ENV } from './proof-env.ts';

const { values } = parseArgs({ options: { json: { type: 'boolean' } } });
// With --json stdout is the result, and what is meant for people goes to stderr.
const print = (text: string): void => void (values.json ? process.stderr : process.stdout).write(`${text}\n`);

/** Proves on a started platform; answers whether it holds. */
async function run(platform: Platform): Promise<boolean> {
  await new Progress(false, (text) => print(text.trimEnd())).step('Build', () =>
    runLogged('nx', ['run-many', '-t', 'build'], { logFile: toolLog('build.log') }),
  );
  await platform.start();
  // Not before the build: the proof reads the contracts as they are compiled.
  const { proveIsolation, violationsOf } = await import('./proof.ts');
  const { describeProof } = await import('./report.ts');
  const report = await proveIsolation(platform);
  const violations = violationsOf(report);
  print(describeProof(report));
  if (values.json) process.stdout.write(`${JSON.stringify({ ...report, violations })}\n`);
  return violations.length === 0;
}

const dataDir = mkdtempSync(join(tmpdir(), 'leadwire-isolation-'));
// As root, Postgres runs as another user, who must be able to pass through.
chmodSync(dataDir, 0o711);
const platform = new Platform({
  dataDir,
  quiet: values.json,
  fast: true,
  env: PROOF_ENV,
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
  process.exitCode = (await run(platform)) ? 0 : 1;
} catch (error) {
  process.stderr.write(`${describeFailure(error)}\n`);
  process.exitCode = 1;
} finally {
  await cleanUp();
  process.exit();
}
