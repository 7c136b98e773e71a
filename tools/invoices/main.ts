// `npm run invoices -- list | run | mark-paid | void | credit | taxes …`: the operator's door to invoices and taxes. Billing does the
// work and announces it; this only asks.
import { operatorCommand, TEXT } from '../operator/command.ts';
import { runInvoicesCommand, USAGE } from './commands.ts';

const options = {
  method: TEXT,
  reference: TEXT,
  reason: TEXT,
  amount: TEXT,
  key: TEXT,
  from: TEXT,
  to: TEXT,
  region: TEXT,
  status: TEXT,
};

await operatorCommand({ usage: USAGE, options }, runInvoicesCommand);
