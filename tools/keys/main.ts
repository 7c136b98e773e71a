// `npm run keys -- list | rotate`: the operator's door to the keys that sign access tokens. Identity rotates them by itself, too.
import { operatorCommand } from '../operator/command.ts';
import { runKeysCommand, USAGE } from './commands.ts';

await operatorCommand(
  { usage: USAGE, options: { now: { type: 'boolean', default: false } } },
  async ({ client, ctx }, [command = ''], { now }) => {
    const { signingKeysApi } = await import('@leadwire/contracts');
    return runKeysCommand(client(signingKeysApi), ctx, { command, now });
  },
);
