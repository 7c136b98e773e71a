import type { CreditOperatorsApi, CreditPosted, GrantCredit } from '@leadwire/contracts';
import { needed, teamOf, type Door } from '../operator/door.ts';
import type { WalletCommand } from './command.ts';

async function operatorsOf({ client }: Door): Promise<CreditOperatorsApi> {
  const { creditOperatorsApi } = await import('@leadwire/contracts');
  return client(creditOperatorsApi);
}

export const grant: WalletCommand = {
  usage:
    'grant TEAM AMOUNT --reason "…" [--source granted|promotional] [--priority 0-100] [--expires 2027-01-31] [--key KEY]',
  run: async (door, words, options) => {
    const reason = needed(options, 'reason');
    const [, amount] = words;
    if (!amount) throw new Error('Say how much, e.g. 25.00.');
    const { id: tenantId } = await teamOf(door, words);
    const { source = 'granted', priority, expires } = options;
    const posted = await (
      await operatorsOf(door)
    ).grant(door.ctx(), {
      tenantId,
      key: options['key'] ?? crypto.randomUUID(),
      amount,
      source: source as GrantCredit['source'],
      reason,
      ...(priority === undefined ? {} : { priority: Number(priority) }),
      ...(expires === undefined ? {} : { expiresAt: endOf(expires) }),
    });
    return line(posted);
  },
};

export const adjust: WalletCommand = {
  usage: 'adjust TEAM --amount=-2.50 --reason "…" [--key KEY]   (in either direction)',
  run: async (door, words, options) => {
    const reason = needed(options, 'reason');
    const amount = needed(options, 'amount');
    const { id: tenantId } = await teamOf(door, words);
    const key = options['key'] ?? crypto.randomUUID();
    return line(await (await operatorsOf(door)).adjust(door.ctx(), { tenantId, key, amount, reason }));
  },
};

/** A day lasts until its end (UTC); a moment is taken as it is. */
function endOf(text: string): string {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return text;
  const day = new Date(`${text}T00:00:00Z`);
  if (Number.isNaN(day.getTime())) throw new Error(`"${text}" is no day of the calendar.`);
  day.setUTCDate(day.getUTCDate() + 1);
  return day.toISOString();
}

function line({ ledgerTransactionId, repeated, balance }: CreditPosted): string {
  const what = repeated ? 'was posted before under this key' : 'posted';
  return `${what} as ${ledgerTransactionId}; balance ${balance}`;
}
