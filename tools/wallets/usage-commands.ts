import type { Rerating, UsageOperatorsApi } from '@leadwire/contracts';
import { needed, teamOf, type Door } from '../operator/door.ts';
import type { WalletCommand } from './command.ts';

/** All usage of a period is rated for it. */
const RERATE_MAX_MS = 10 * 60_000;

async function usageOf({ client }: Door): Promise<UsageOperatorsApi> {
  const { usageOperatorsApi } = await import('@leadwire/contracts');
  return client(usageOperatorsApi);
}

export const retryUsage: WalletCommand = {
  usage: 'retry-usage [TEAM]                     (rates again at once what had no price)',
  run: async (door, words) => {
    const only = words.length > 0 ? { tenantId: (await teamOf(door, words)).id } : {};
    const { teams } = await (await usageOf(door)).retry(door.ctx(), only);
    return `failed usage of ${teams} team${teams === 1 ? '' : 's'} is rated again now`;
  },
};

export const rerate: WalletCommand = {
  usage:
    'rerate TEAM --from TIME --to TIME [--feature WORD] [--prices-at TIME] [--reason "…"]   (changes nothing without a reason)',
  run: async (door, words, options) => {
    const { feature, reason } = options;
    const pricesAt = options['prices-at'];
    const span = { from: needed(options, 'from'), to: needed(options, 'to') };
    const { id: tenantId } = await teamOf(door, words);
    const rerating = await (
      await usageOf(door)
    ).rerate(
      { ...door.ctx(), deadline: Date.now() + RERATE_MAX_MS },
      {
        tenantId,
        ...span,
        ...(feature === undefined ? {} : { feature }),
        ...(pricesAt === undefined ? {} : { pricesAt }),
        ...(reason === undefined ? {} : { reason }),
      },
    );
    return reratingText(rerating);
  },
};

export const voidUsage: WalletCommand = {
  usage: 'void-usage TEAM USE --reason "…"       (gives back what it was charged)',
  run: async (door, [team = '', usageEventId], options) => {
    if (!usageEventId) throw new Error('Name the use by its id.');
    const { usageEventsApi } = await import('@leadwire/contracts');
    const { id: tenantId } = await teamOf(door, [team]);
    const asked = { usageEventId, reason: needed(options, 'reason') };
    const voided = await door.client(usageEventsApi).void({ ...door.ctx(), tenantId }, asked);
    const back =
      voided.reversalTransactionId === null
        ? 'it had not been charged'
        : `${voided.cost} ${voided.currency} given back`;
    return `${voided.id}  voided: ${back}`;
  },
};

function reratingText({ uses, changed, delta, applied, items }: Rerating): string {
  const lines = items.map(
    ({ entry, uses: count, before, after, delta: more, currency }) =>
      `  ${entry}: ${count} uses, ${before} → ${after} ${currency} (${more})`,
  );
  const done = applied ? 'charged anew' : 'nothing is changed; give a --reason to charge them anew';
  return [...lines, `${uses} uses, ${changed} of them cost otherwise, ${delta} in all: ${done}`].join('\n');
}
