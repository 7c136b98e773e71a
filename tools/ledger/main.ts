// `npm run ledger:verify -- FILE`: proves an exported ledger from the file alone.
import { parseArgs } from 'node:util';
import { describeFailure } from '../start/failure.ts';
import { runVerify, VERIFY_USAGE } from './verify.ts';

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { anchor: { type: 'string' } },
  });
  const [command, file] = positionals;
  if (command !== 'verify') throw new Error(VERIFY_USAGE);
  process.stdout.write(`${await runVerify(file, values.anchor)}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${describeFailure(error)}\n`);
  process.exitCode = 1;
}
