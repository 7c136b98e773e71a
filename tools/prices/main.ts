// `npm run prices -- list | export | import | drafts | show | preview | publish | discard`: the operator's door to the price list.
// Billing does the work; this reads and writes files and asks.
import { parseArgs } from 'node:util';
import { askAsOperator, buildForOperator, operatorTarget } from '../operator/rpc.ts';
import { describeFailure } from '../start/failure.ts';
import { runPricesCommand, USAGE } from './commands.ts';

async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { tenant: text, note: text, from: text, to: text, at: text, history: { type: 'boolean' } },
  });
  if (positionals.length === 0) throw new Error(USAGE);
  const target = operatorTarget();
  await buildForOperator();
  const answer = await askAsOperator(target, (door) =>
    runPricesCommand(door, { words: positionals, options: values }),
  );
  process.stdout.write(`${answer}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${describeFailure(error)}\n`);
  process.exitCode = 1;
}
