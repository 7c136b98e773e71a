// `npm run doctor [-- --json]`: what is missing or broken, and how to mend it.
import { describeChecks } from './doctor/check.ts';
import { diagnose } from './doctor/diagnose.ts';
import { defaultDataDir, ROOT } from './infra/paths.ts';

const checks = await diagnose(ROOT, defaultDataDir());
const healthy = checks.every((check) => check.status !== 'fail');
process.stdout.write(
  `${process.argv.includes('--json') ? JSON.stringify({ healthy, checks }, null, 2) : describeChecks(checks)}\n`,
);
process.exitCode = healthy ? 0 : 1;
