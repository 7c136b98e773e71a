import type {
  BillingEntitlement,
  BillingEntitlements,
  QuotaOperatorsApi,
  QuotaPeriod,
} from '@leadwire/contracts';
import { teamOf, type Door } from '../operator/door.ts';
import type { WalletCommand } from './command.ts';

async function operatorsOf({ client }: Door): Promise<QuotaOperatorsApi> {
  const { quotaOperatorsApi } = await import('@leadwire/contracts');
  return client(quotaOperatorsApi);
}

export const quotas: WalletCommand = {
  usage: 'quotas TEAM',
  run: async (door, words) => {
    const { id: tenantId } = await teamOf(door, words);
    return lines(await (await operatorsOf(door)).list(door.ctx(), { tenantId }));
  },
};

export const quota: WalletCommand = {
  usage:
    'quota TEAM FEATURE [--monthly N|none] [--daily N|none] [--overages yes|no] [--overage-rate N|none] [--enabled yes|no] [--reason "…"]   (the team sees the reason)',
  run: async (door, words, options) => {
    const [, feature] = words;
    if (!feature) throw new Error('Name a feature, e.g. campaigns.');
    const { id: tenantId } = await teamOf(door, words);
    const asked = {
      monthlyQuota: limit(options['monthly']),
      dailyQuota: limit(options['daily']),
      overageRate: limit(options['overage-rate']),
      allowOverages: yesOrNo(options['overages'], '--overages'),
      enabled: yesOrNo(options['enabled'], '--enabled'),
    };
    const changes = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
    if (Object.keys(changes).length === 0) throw new Error('Say what to change, e.g. --monthly 1000.');
    const { reason } = options;
    const wish = { tenantId, feature, ...changes, ...(reason === undefined ? {} : { reason }) };
    return lines(await (await operatorsOf(door)).set(door.ctx(), wish));
  },
};

function limit(text: string | undefined): string | null | undefined {
  return text === 'none' ? null : text;
}

function yesOrNo(text: string | undefined, name: string): boolean | undefined {
  if (text === undefined) return undefined;
  if (text === 'yes' || text === 'no') return text === 'yes';
  throw new Error(`${name} is yes or no.`);
}

function lines({ items }: BillingEntitlements): string {
  return items.length === 0
    ? 'no quotas: every feature may be used without a limit'
    : items.map(line).join('\n');
}

function line(entitlement: BillingEntitlement): string {
  return [entitlement.feature, limits(entitlement), cause(entitlement)].join('  ');
}

function limits({ enabled, day, month, allowOverages, overageRate }: BillingEntitlement): string {
  if (!enabled) return 'switched off';
  const past = allowOverages ? `more costs ${overageRate ?? 'nothing'} a unit on top` : 'more is refused';
  return [period('day', day), period('month', month), past].join('  ');
}

function cause({ setAt, setBy, reason }: BillingEntitlement): string {
  return [`set ${setAt}`, setBy && `by ${setBy}`, reason && `“${reason}”`].filter(Boolean).join(' ');
}

function period(name: string, { quota: most, used, resetsAt }: QuotaPeriod): string {
  return `${name}: ${used} of ${most ?? 'any number'}, anew at ${resetsAt}`;
}
