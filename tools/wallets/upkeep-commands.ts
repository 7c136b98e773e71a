import type { OperatorWallet, WalletOperatorsApi, WalletVerdict } from '@leadwire/contracts';
import { needed, teamOf, type Door } from '../operator/door.ts';
import type { WalletCommand } from './command.ts';

/** A whole ledger is read for it. */
const AUDIT_MAX_MS = 10 * 60_000;
const PAGE = 100;

async function operatorsOf({ client }: Door): Promise<WalletOperatorsApi> {
  const { walletOperatorsApi } = await import('@leadwire/contracts');
  return client(walletOperatorsApi);
}

const patient = ({ ctx }: Door) => ({ ...ctx(), deadline: Date.now() + AUDIT_MAX_MS });

export const show: WalletCommand = {
  usage: 'show TEAM',
  run: async (door, words) => {
    const { id } = await teamOf(door, words);
    return walletLine(await (await operatorsOf(door)).get(door.ctx(), { tenantId: id }));
  },
};

export const freeze: WalletCommand = {
  usage: 'freeze TEAM --reason "…"',
  run: async (door, words, options) => {
    const reason = needed(options, 'reason');
    const { id } = await teamOf(door, words);
    return walletLine(await (await operatorsOf(door)).freeze(door.ctx(), { tenantId: id, reason }));
  },
};

export const unfreeze: WalletCommand = {
  usage: 'unfreeze TEAM                          (after an audit that finds nothing)',
  run: async (door, words) => {
    const { id } = await teamOf(door, words);
    return walletLine(await (await operatorsOf(door)).unfreeze(patient(door), { tenantId: id }));
  },
};

export const audit: WalletCommand = {
  usage: 'audit [TEAM]                           (every wallet unless one is named; a violation freezes it)',
  run: async (door, words) => {
    const operators = await operatorsOf(door);
    const tenants = words.length > 0 ? [(await teamOf(door, words)).id] : await everyTenant(operators, door);
    const broken: string[] = [];
    for (const tenantId of tenants) {
      const verdict = await operators.audit(patient(door), { tenantId });
      if (verdict.violations.length > 0) broken.push(...verdictLines(tenantId, verdict));
    }
    if (broken.length > 0) throw new Error(broken.join('\n'));
    return `${tenants.length} wallet${tenants.length === 1 ? '' : 's'} audited: every invariant holds.`;
  },
};

async function everyTenant(operators: WalletOperatorsApi, { ctx }: Door): Promise<string[]> {
  const tenants: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await operators.list(ctx(), { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
    tenants.push(...page.items.map(({ tenantId }) => tenantId));
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return tenants;
}

function verdictLines(tenantId: string, { walletId, status, violations }: WalletVerdict): string[] {
  const head = `wallet ${walletId} of team ${tenantId} is ${status}:`;
  return [head, ...violations.map(({ invariant, row, detail }) => `  ${invariant}\n    ${row}: ${detail}`)];
}

function walletLine(wallet: OperatorWallet): string {
  const { tenantId, walletId, balance, reserved, currency, status, frozenCause, frozenReason, frozenAt } =
    wallet;
  const why = frozenAt && `since ${frozenAt} (${frozenCause}) “${frozenReason}”`;
  return [tenantId, walletId, `${balance} ${currency}`, `${reserved} held`, status, why]
    .filter(Boolean)
    .join('  ');
}
