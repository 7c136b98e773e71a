// `npm run tenants -- list | suspend | reinstate | set-plan | suspend-user | reinstate-user`: the operator's door to teams and
// people. Identity does the work and announces it; this only asks.
import { parseArgs } from 'node:util';
import { askAsOperator, buildForOperator, operatorTarget } from '../operator/rpc.ts';
import { describeFailure } from '../start/failure.ts';
import { runTenantsCommand, USAGE } from './commands.ts';

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { reason: { type: 'string' }, status: { type: 'string' } },
  });
  if (positionals.length === 0) throw new Error(USAGE);
  const target = operatorTarget();
  await buildForOperator();
  const text = await askAsOperator(target, async ({ client, ctx }) => {
    const { operatorsApi } = await import('@leadwire/contracts');
    return runTenantsCommand(client(operatorsApi), ctx, { positionals, ...values });
  });
  process.stdout.write(`${text}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${describeFailure(error)}\n`);
  process.exitCode = 1;
}
