// `npm run invoices -- list | run | mark-paid | void | credit | taxes …`: the operator's door to invoices and taxes. Billing does the
// work and announces it; this only asks.
import { parseArgs } from 'node:util';
import { askAsOperator, buildForOperator, operatorTarget } from '../operator/rpc.ts';
import { describeFailure } from '../start/failure.ts';
import { runInvoicesCommand, USAGE } from './commands.ts';

async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      method: text,
      reference: text,
      reason: text,
      amount: text,
      key: text,
      from: text,
      to: text,
      region: text,
      status: text,
    },
  });
  if (positionals.length === 0) throw new Error(USAGE);
  const target = operatorTarget();
  await buildForOperator();
  const answer = await askAsOperator(target, (door) => runInvoicesCommand(door, positionals, values));
  process.stdout.write(`${answer}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${describeFailure(error)}\n`);
  process.exitCode = 1;
}
