// `npm run flags -- list | set | remove | feature | republish`: the operator's door to flags and features. Identity does the
// work and announces it; this only asks.
import { parseArgs } from 'node:util';
import { askAsOperator, buildForOperator, operatorTarget } from '../operator/rpc.ts';
import { describeFailure } from '../start/failure.ts';
import { runFlagsCommand, USAGE } from './commands.ts';

async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { tenant: text, user: text, config: text, limits: text, expires: text },
  });
  if (positionals.length === 0) throw new Error(USAGE);
  const target = operatorTarget();
  await buildForOperator();
  const answer = await askAsOperator(target, async ({ client, ctx }) => {
    const { operatorRightsApi, operatorsApi } = await import('@leadwire/contracts');
    const door = { rights: client(operatorRightsApi), operators: client(operatorsApi), ctx };
    return runFlagsCommand(door, { positionals, ...values });
  });
  process.stdout.write(`${answer}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${describeFailure(error)}\n`);
  process.exitCode = 1;
}
