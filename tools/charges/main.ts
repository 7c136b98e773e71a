// `npm run charges -- replay`: the operator's door to what was charged. Billing rates it again; this only asks.
import { operatorCommand, TEXT } from '../operator/command.ts';
import { runChargesCommand, USAGE } from './commands.ts';

await operatorCommand(
  { usage: USAGE, options: { tenant: TEXT, from: TEXT, to: TEXT } },
  (door, words, options) => runChargesCommand(door, { words, options }),
);
