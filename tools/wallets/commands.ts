import type { Door, Options } from '../operator/door.ts';
import type { WalletCommand } from './command.ts';
import { adjust, grant } from './credit-commands.ts';
import { refund, topUps } from './payment-commands.ts';
import { quota, quotas } from './quota-commands.ts';
import { audit, freeze, show, unfreeze } from './upkeep-commands.ts';
import { rerate, retryUsage, voidUsage } from './usage-commands.ts';

const COMMANDS: Record<string, WalletCommand> = {
  show,
  audit,
  freeze,
  unfreeze,
  grant,
  adjust,
  'top-ups': topUps,
  refund,
  quotas,
  quota,
  'void-usage': voidUsage,
  'retry-usage': retryUsage,
  rerate,
};

export const USAGE = `${Object.values(COMMANDS)
  .map(({ usage }) => `npm run wallets -- ${usage}`)
  .join('\n')}

TEAM is an id or a slug, TIME such as 2027-01-01T00:00:00Z.
The instance of this checkout is used, or the one that NATS_URL and OPERATOR_KEY name.`;

/**
 * Carries out one command and returns what to print.
 * @throws Error with the usage, or what billing answered
 */
export function runWalletsCommand(
  door: Door,
  { words: [name = '', ...words], options }: { words: string[]; options: Options },
): Promise<string> {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) return Promise.reject(new Error(USAGE));
  return command.run(door, words, options);
}
