// `npm run wallets -- show | audit | freeze | unfreeze | grant | adjust | top-ups | refund | quotas | quota | rerate …`: the operator's door to the
// wallets of teams. Billing does the work and announces it; this only asks.
import { operatorCommand, TEXT } from '../operator/command.ts';
import { runWalletsCommand, USAGE } from './commands.ts';

const options = {
  reason: TEXT,
  amount: TEXT,
  source: TEXT,
  priority: TEXT,
  expires: TEXT,
  key: TEXT,
  monthly: TEXT,
  daily: TEXT,
  overages: TEXT,
  'overage-rate': TEXT,
  enabled: TEXT,
  from: TEXT,
  to: TEXT,
  feature: TEXT,
  'prices-at': TEXT,
};

await operatorCommand({ usage: USAGE, options }, (door, words, given) =>
  runWalletsCommand(door, { words, options: given }),
);
