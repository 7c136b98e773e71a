// `npm run keys -- list | rotate`: the operator's door to the keys that sign access tokens. Identity rotates them by itself, too.
import { parseArgs } from 'node:util';
import { askAsOperator, buildForOperator, operatorTarget } from '../operator/rpc.ts';
import { describeFailure } from '../start/failure.ts';
import { runKeysCommand, USAGE } from './commands.ts';

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { now: { type: 'boolean', default: false } },
  });
  const [command] = positionals;
  if (command === undefined) throw new Error(USAGE);
  const target = operatorTarget();
  await buildForOperator();
  const text = await askAsOperator(target, async ({ client, ctx }) => {
    const { signingKeysApi } = await import('@leadwire/contracts');
    return runKeysCommand(client(signingKeysApi), ctx, { command, now: values.now });
  });
  process.stdout.write(`${text}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${describeFailure(error)}\n`);
  process.exitCode = 1;
}
