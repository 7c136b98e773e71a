// `npm run flags -- list | set | remove | feature | republish`: the operator's door to flags and features. Identity does the
// work and announces it; this only asks.
import { operatorCommand, TEXT } from '../operator/command.ts';
import { runFlagsCommand, USAGE } from './commands.ts';

const options = { tenant: TEXT, user: TEXT, config: TEXT, limits: TEXT, expires: TEXT };

await operatorCommand({ usage: USAGE, options }, async ({ client, ctx }, positionals, given) => {
  const { operatorRightsApi, operatorsApi } = await import('@leadwire/contracts');
  const door = { rights: client(operatorRightsApi), operators: client(operatorsApi), ctx };
  return runFlagsCommand(door, { positionals, ...given });
});
