// `npm run wallets -- show | audit | freeze | unfreeze …`: the operator's door to the wallets of teams. Billing does the work and
// announces it; this only asks.
import { parseArgs } from 'node:util';
import { askAsOperator, buildForOperator, operatorTarget } from '../operator/rpc.ts';
import { describeFailure } from '../start/failure.ts';
import { runWalletsCommand, USAGE } from './commands.ts';

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { reason: { type: 'string' } },
  });
  if (positionals.length === 0) throw new Error(USAGE);
  const target = operatorTarget();
  await buildForOperator();
  const text = await askAsOperator(target, (door) =>
    runWalletsCommand(door, { words: positionals, options: values }),
  );
  process.stdout.write(`${text}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${describeFailure(error)}\n`);
  process.exitCode = 1;
}
