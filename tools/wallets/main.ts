// `npm run wallets -- show | audit | freeze | unfreeze | grant | adjust | quotas | quota | rerate …`: the operator's door to the
// wallets of teams. Billing does the work and announces it; this only asks.
import { parseArgs } from 'node:util';
import { askAsOperator, buildForOperator, operatorTarget } from '../operator/rpc.ts';
import { describeFailure } from '../start/failure.ts';
import { runWalletsCommand, USAGE } from './commands.ts';

const text = { type: 'string' } as const;
const OPTIONS = {
  reason: text,
  amount: text,
  source: text,
  priority: text,
  expires: text,
  key: text,
  monthly: text,
  daily: text,
  overages: text,
  'overage-rate': text,
  enabled: text,
  from: text,
  to: text,
  feature: text,
  'prices-at': text,
};

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: OPTIONS,
  });
  if (positionals.length === 0) throw new Error(USAGE);
  const target = operatorTarget();
  await buildForOperator();
  const answer = await askAsOperator(target, (door) =>
    runWalletsCommand(door, { words: positionals, options: values }),
  );
  process.stdout.write(`${answer}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${describeFailure(error)}\n`);
  process.exitCode = 1;
}
