// `npm run tenants -- list | suspend | reinstate | set-plan | suspend-user | reinstate-user`: the operator's door to teams and
// people. Identity does the work and announces it; this only asks.
import { operatorCommand, TEXT } from '../operator/command.ts';
import { runTenantsCommand, USAGE } from './commands.ts';

await operatorCommand(
  { usage: USAGE, options: { reason: TEXT, status: TEXT } },
  async ({ client, ctx }, positionals, options) => {
    const { operatorsApi } = await import('@leadwire/contracts');
    return runTenantsCommand(client(operatorsApi), ctx, { positionals, ...options });
  },
);
