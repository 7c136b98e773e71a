// How the model's words are said in the posting core's.
import type { UnratedItem, UsageItem } from '@leadwire/contracts';
import { amount } from '@leadwire/kernel';
import type { Command } from '../../src/ledger/command.js';
import type { RatedUsage, UnratedUsage } from '../../src/usage/charging.js';
import type { Op, Reply, ReplyState, Usage } from './ops.ts';

export type IdOf = (name: string) => string;
/** Usage as its row has it. */
export type UsageRow = { key: string; id: string; items: UsageItem[] };

const PRICE_ID = '019b0000-0000-7000-8000-000000000001';
const PRICED_AT = '2020-01-01T00:00:00.000Z';

export function money(micros: bigint): string {
  const digits = (micros < 0n ? -micros : micros).toString().padStart(7, '0');
  return `${micros < 0n ? '-' : ''}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}

export const pieces = (quantity: number): string => `${quantity}.000000`;

/** A command of the queue. @param idOf of reservations, lots, usage and people */
export function commandOf(op: Exclude<Op, Usage>, idOf: IdOf): Command {
  const { key } = op;
  switch (op.kind) {
    case 'topup':
    case 'credit':
    case 'adjustment':
    case 'reinstatement': {
      const { kind, priority, expiresAt } = op;
      const lot = {
        ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt) }),
        ...(priority === undefined ? {} : { priority }),
      };
      return { kind, key, amount: amount(money(op.micros)), referenceType: 'manual', ...lot };
    }
    case 'debit': {
      const referenceType = op.tax ? 'invoice' : 'manual';
      return { kind: 'debit', key, amount: amount(money(op.micros)), referenceType, ...by(op, idOf) };
    }
    case 'refund': {
      const lotId = idOf(op.lot);
      return { kind: 'refund', key, amount: amount(money(op.micros)), referenceType: 'manual', lotId };
    }
    case 'reserve': {
      const { ttlMs, parent, counts } = op;
      const more = {
        ...(parent ? { parentId: idOf(parent) } : {}),
        ...(counts ? { counts: { ...counts, quantity: String(counts.quantity) } } : {}),
      };
      return { kind: 'reserve', key, amount: amount(money(op.micros)), ttlMs, ...more, ...by(op, idOf) };
    }
    case 'extend':
    case 'capture': {
      const { micros, reservation, quantity, ...rest } = op;
      const counts = quantity === undefined ? {} : { quantity: String(quantity) };
      return { ...rest, amount: amount(money(micros)), reservationId: idOf(reservation), ...counts };
    }
    case 'release': {
      const part = op.micros === undefined ? {} : { amount: amount(money(op.micros)) };
      return { kind: 'release', key, reservationId: idOf(op.reservation), ...part };
    }
    case 'void': {
      const { usage, replacement } = op;
      const instead = replacement === undefined ? {} : { replacement };
      return { kind: 'void', key, usageId: idOf(usage), ...instead };
    }
    case 'rate':
    case 'charge':
      throw new Error(`${op.kind} is of usage, and not sent`);
  }
}

/** A use as it is recorded. @param instead of which it is told, when it stands for voided usage */
export function usageOf(
  op: Usage,
  idOf: IdOf,
  instead: { corrects?: string; quotaAt?: string | null; overage?: UsageItem[] } = {},
): RatedUsage | UnratedUsage {
  const { overage = [], ...corrected } = instead;
  const use = {
    key: op.key,
    feature: op.feature,
    userId: op.person && idOf(op.person),
    reference: null,
    occurredAt: new Date(op.occurredAt),
    metadata: {},
    source: 'service' as const,
    ...corrected,
  };
  const used = usedItem(op.quantity);
  if (op.micros === null) return { ...use, used: [used], failure: 'it has no price' };
  return { ...use, items: [pricedItem(used, op.micros), ...overage] };
}

export function pricedItem(item: UnratedItem, micros: bigint): UsageItem {
  const { category, provider, model, unit, quantity } = item;
  const price = { unitPrice: '0', priceId: PRICE_ID, priceEffectiveFrom: PRICED_AT };
  return { category, provider, model, unit, quantity, ...price, cost: money(micros) };
}

/** A reply as the posting core gives it. */
export function answerOf({ outcome, seq, balance, reserved, available, state }: Reply, idOf: IdOf): object {
  const text = (micros: bigint | null) => (micros === null ? null : money(micros));
  return {
    outcome,
    seq,
    balance: text(balance),
    reserved: text(reserved),
    available: text(available),
    state: state && stateOf(state, idOf),
  };
}

function stateOf(state: ReplyState, idOf: IdOf): object {
  if ('overage' in state) return { overage: money(state.overage) };
  if ('reservation' in state) {
    const { reservation, status, held, captured, expiresAt } = state;
    return {
      reservationId: idOf(reservation),
      status,
      held: money(held),
      captured: money(captured),
      expiresAt,
    };
  }
  const { feature, reason, quota, used, resetsAt } = state;
  if (quota === undefined || used === undefined || resetsAt === undefined) return { feature, reason };
  return {
    feature,
    reason,
    quota: pieces(quota),
    used: pieces(used),
    resetsAt: new Date(resetsAt).toISOString(),
  };
}

function usedItem(quantity: number): UnratedItem {
  return { category: 'email', provider: 'model', model: null, unit: 'message', quantity: String(quantity) };
}

function by({ person }: { person: string | null }, idOf: IdOf): { createdBy?: string } {
  return person === null ? {} : { createdBy: idOf(person) };
}
