// `npm run prices -- list | export | import | drafts | show | preview | publish | discard`: the operator's door to the price list.
// Billing does the work; this reads and writes files and asks.
import { operatorCommand, TEXT } from '../operator/command.ts';
import { runPricesCommand, USAGE } from './commands.ts';

const options = {
  tenant: TEXT,
  note: TEXT,
  from: TEXT,
  to: TEXT,
  at: TEXT,
  history: { type: 'boolean' },
} as const;

await operatorCommand({ usage: USAGE, options }, (door, words, given) =>
  runPricesCommand(door, { words, options: given }),
);
