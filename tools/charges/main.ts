// `npm run charges -- replay`: the operator's door to what was charged. Billing rates it again; this only asks.
import { parseArgs } from 'node:util';
import { askAsOperator, buildForOperator, operatorTarget } from '../operator/rpc.ts';
import { describeFailure } from '../start/failure.ts';
import { runChargesCommand, USAGE } from './commands.ts';

async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { tenant: text, from: text, to: text },
  });
  if (positionals.length === 0) throw new Error(USAGE);
  const target = operatorTarget();
  await buildForOperator();
  const answer = await askAsOperator(target, (door) =>
    runChargesCommand(door, { words: positionals, options: values }),
  );
  process.stdout.write(`${answer}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${describeFailure(error)}\n`);
  process.exitCode = 1;
}
