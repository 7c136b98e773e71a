// `npm run ledger:verify -- FILE`: proves an exported ledger from the file alone. `npm run ledger:model`: holds the posting core against
// a model of it.
import { parseArgs } from 'node:util';
import { describeFailure } from '../start/failure.ts';
import { MODEL_OPTIONS, MODEL_USAGE, runLedgerModel } from './model.ts';
import { runVerify, VERIFY_USAGE } from './verify.ts';

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { anchor: { type: 'string' }, ...MODEL_OPTIONS },
  });
  const [command, file] = positionals;
  if (command !== 'verify' && command !== 'model') throw new Error(`${VERIFY_USAGE}\n\n${MODEL_USAGE}`);
  const text = command === 'verify' ? await runVerify(file, values.anchor) : await runLedgerModel(values);
  process.stdout.write(`${text}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${describeFailure(error)}\n`);
  process.exitCode = 1;
}
