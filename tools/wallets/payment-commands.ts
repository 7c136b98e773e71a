import type { PaymentOperatorsApi, TopUp } from '@leadwire/contracts';
import { needed, teamOf, type Door } from '../operator/door.ts';
import type { WalletCommand } from './command.ts';

async function operatorsOf({ client }: Door): Promise<PaymentOperatorsApi> {
  const { paymentOperatorsApi } = await import('@leadwire/contracts');
  return client(paymentOperatorsApi);
}

export const topUps: WalletCommand = {
  usage: 'top-ups TEAM                           (its newest payments by card)',
  run: async (door, words) => {
    const { id: tenantId } = await teamOf(door, words);
    const { items } = await (await operatorsOf(door)).list(door.ctx(), { tenantId });
    return items.map((topUp) => line(topUp)).join('\n') || 'no payments';
  },
};

export const refund: WalletCommand = {
  usage:
    'refund TEAM TOP-UP --reason "…" [--amount 5.00] [--key KEY]   (to the payer\'s card; all that is left unless told)',
  run: async (door, words, options) => {
    const reason = needed(options, 'reason');
    const [, topUpId] = words;
    if (!topUpId) throw new Error('Name the top-up: top-ups TEAM lists them.');
    const { id: tenantId } = await teamOf(door, words);
    const { amount, key = crypto.randomUUID() } = options;
    const order = { tenantId, topUpId, key, reason, ...(amount === undefined ? {} : { amount }) };
    const { topUp, repeated } = await (await operatorsOf(door)).refund(door.ctx(), order);
    return `${repeated ? 'was refunded before under this key' : 'refunded'}: ${line(topUp)}`;
  },
};

function line({ id, status, amount, refunded, disputed, currency, createdAt }: TopUp): string {
  const back = [
    ...(Number(refunded) ? [`${refunded} refunded`] : []),
    ...(Number(disputed) ? [`${disputed} disputed`] : []),
  ];
  return [id, createdAt, status, `${amount} ${currency}`, ...back].join('  ');
}
