import { hash } from 'node:crypto';
import type { CreditSource, LedgerReference, UnratedItem, UsageItem, UsageSource } from '@leadwire/contracts';
import { amount, assert, MONEY_SCALE, moneyText, newId, type Amount } from '@leadwire/kernel';

type Common = {
  /** Of all commands of a tenant with one key, one has an effect, for ever; a refusal is final for its key too. */
  key: string;
  createdBy?: string | null;
  description?: string;
};
type Reference = { referenceType: LedgerReference; referenceId?: string };
/** Where added money came from, and until when it may be spent. */
type Lot = { source?: CreditSource; priority?: number; expiresAt?: Date };

/** What something counts for in the quotas of a feature. */
export type Counted = { feature: string; quantity: string };

/** Usage that is recorded with the debit that pays for it. */
export type UsageOfDebit = {
  id: string;
  feature: string;
  /** Without prices in usage that failed. */
  items: (UsageItem | UnratedItem)[];
  quantity: string;
  reference: string | null;
  occurredAt: Date;
  metadata: Record<string, unknown>;
  source: UsageSource;
  /** Why it cannot be charged yet, and when that is tried again. */
  failure?: string;
  retryAt?: Date;
  /** The usage that was voided for this one, and when that was counted for its quota. */
  corrects?: string;
  quotaAt?: string | null;
};

/** Something that somebody wants of a wallet. Amounts are more than zero, but for adjustments, which are signed. */
export type Command = Common &
  /** `reinstatement`: money that went back to its payer and came again: the refund failed, or the dispute was won. */
  (
    | ({ kind: 'topup' | 'credit' | 'adjustment' | 'reinstatement'; amount: Amount } & Reference & Lot)
    | ({ kind: 'debit'; amount: Amount } & Reference)
    /** Money that went back to who paid it, taken from the lot of that payment first. */
    | ({ kind: 'refund'; amount: Amount; lotId: string } & Reference)
    /** Recorded whatever becomes of the debit: what funds do not cover is charged later. */
    | { kind: 'usage'; amount: Amount; usage: UsageOfDebit }
    /** Gives usage that failed the prices it lacked; it waits to be charged then. */
    | { kind: 'rate'; amount: Amount; usageId: string; items: UsageItem[] }
    /** Ends usage for good; what it was charged goes back to the lots it came from. `replacement` names what stands for it. */
    | { kind: 'void'; amount?: undefined; usageId: string; replacement?: string }
    /** The debit of usage that was recorded before. */
    | { kind: 'charge'; amount: Amount; usageId: string }
    | { kind: 'reserve'; amount: Amount; ttlMs: number; parentId?: string; counts?: Counted }
    /** A quantity is counted in addition, for the feature of the reservation. */
    | { kind: 'extend'; amount: Amount; reservationId: string; ttlMs: number; quantity?: string }
    /** `close` gives back what is left and ends the reservation; `quantity` is then what was used of its feature in all. */
    | { kind: 'capture'; amount: Amount; reservationId: string; close: boolean; quantity?: string }
    /** Without an amount, all of it, which ends the reservation. */
    | { kind: 'release'; amount?: Amount; reservationId: string }
  );

/**
 * `pending` is said of usage that was recorded and waits for funds, `awaits_quota` of what waits for room in a quota, `failed` of
 * what waits for a price; `frozen` and `closed` leave no trace, so the same key may be tried again; `conflict` means that the key was
 * used for something else; `rated` and `voided` changed usage without moving money. All others are final.
 */
export type Outcome =
  | 'posted'
  | 'duplicate'
  | 'conflict'
  | 'pending'
  | 'failed'
  | 'rated'
  | 'voided'
  | 'awaits_quota'
  | 'frozen'
  | 'closed'
  | 'insufficient'
  | 'quota'
  | 'allowance'
  | 'limit'
  | 'not_found'
  | 'ended'
  | 'expired'
  | 'exceeded'
  | 'in_use';

/** A reservation as its posting left it. */
export type ReservationState = {
  reservationId: string;
  status: string;
  held: string;
  captured: string;
  /** Epoch milliseconds. */
  expiresAt: number;
};

/** Why a quota has no room; without a time where it will not come by itself. */
export type QuotaRefusal = {
  feature: string;
  reason: 'disabled' | 'day' | 'month';
  text: string;
  quota?: string;
  used?: string;
  resetsAt?: string;
};

/** What became of a command. A repeated command has the answer of its first time, with `duplicate` for `posted`. */
export type Answer = {
  outcome: Outcome;
  ledgerId: string | null;
  seq: number | null;
  /** Balance and reserved balance after the posting. */
  balance: string | null;
  reserved: string | null;
  /** What was left to take from, when it was too little. */
  available: string | null;
  /** Of a reservation as the posting left it; of usage, what it cost above a quota; or why a quota refused it. */
  state: (Partial<ReservationState> & Partial<QuotaRefusal> & { overage?: string }) | null;
};

/** Money that was given goes before money that was paid. */
const PRIORITIES: Record<CreditSource, number> = { promotional: 20, granted: 30, prepaid: 50 };
const SOURCES = {
  topup: 'prepaid',
  credit: 'granted',
  adjustment: 'granted',
  reinstatement: 'prepaid',
} as const;

/**
 * Tells a repeated command from another one under the same key: the client's input and nothing of our own state. Amounts are
 * compared in their stored form: 5 is 5.000000.
 */
export function requestHash(command: Command): Buffer {
  return hash('sha256', JSON.stringify(inputOf(command)), 'buffer');
}

function inputOf(command: Command): unknown[] {
  const { kind, description = null } = command;
  const value = command.amount === undefined ? null : moneyText(command.amount);
  switch (kind) {
    case 'topup':
    case 'credit':
    case 'adjustment':
    case 'debit':
    case 'reinstatement': {
      const { referenceType, referenceId = null } = command;
      const asked = [kind, value, referenceType, referenceId, description];
      const { source, priority, expiresAt } = command as Lot;
      return (source ?? priority ?? expiresAt) ? [...asked, source, priority, expiresAt] : asked;
    }
    case 'usage': {
      const { feature, items, reference, occurredAt, metadata } = command.usage;
      // Of what was used, not of what it costs: the price is ours.
      const used = items.map(({ category, provider, model, unit, quantity }) => [
        category,
        provider,
        model,
        unit,
        quantity,
      ]);
      return [kind, feature, used, command.createdBy ?? null, reference, occurredAt, metadata];
    }
    case 'refund': {
      const { referenceType, referenceId = null, lotId } = command;
      return [kind, value, referenceType, referenceId, lotId];
    }
    case 'rate':
    case 'charge':
      return [kind, command.usageId];
    case 'void':
      return [kind, command.usageId, command.replacement ?? null, description];
    case 'reserve':
      return [
        kind,
        value,
        command.parentId ?? null,
        command.ttlMs,
        description,
        ...counted(command.counts?.quantity, command.counts?.feature),
      ];
    case 'capture':
      return [kind, value, command.reservationId, command.close, ...counted(command.quantity)];
    case 'extend':
      return [kind, value, command.reservationId, command.ttlMs, ...counted(command.quantity)];
    case 'release':
      return [kind, value, command.reservationId];
  }
}

function counted(quantity: string | undefined, feature?: string): unknown[] {
  return quantity === undefined ? [] : [moneyText(amount(quantity)), feature];
}

/** The form in which the posting function reads a command. */
export function commandRow(command: Command, place: number, now: Date): object {
  const { kind, key, createdBy, description } = command;
  const row = {
    place,
    kind,
    id: newId(),
    key,
    hash: `\\x${requestHash(command).toString('hex')}`,
    amount: command.amount && exactText(command.amount),
    created_by: createdBy ?? undefined,
    description,
  };
  switch (kind) {
    case 'topup':
    case 'credit':
    case 'adjustment':
    case 'reinstatement': {
      const { source = SOURCES[kind], expiresAt, referenceType, referenceId } = command;
      const priority = command.priority ?? PRIORITIES[source];
      return {
        ...row,
        reference_type: referenceType,
        reference_id: referenceId,
        source,
        priority,
        until: expiresAt,
      };
    }
    case 'debit':
      return { ...row, reference_type: command.referenceType, reference_id: command.referenceId };
    case 'refund': {
      const { referenceType, referenceId, lotId } = command;
      return { ...row, reference_type: referenceType, reference_id: referenceId, parent_id: lotId };
    }
    case 'usage': {
      const { usage } = command;
      const { feature, quantity, failure } = usage;
      const as = failure === undefined ? kind : 'fail';
      return {
        ...row,
        kind: as,
        reference_type: 'usage_event',
        reference_id: usage.id,
        usage,
        feature,
        quantity,
      };
    }
    case 'rate':
      return { ...row, reference_id: command.usageId, usage: { items: command.items } };
    case 'void':
    case 'charge':
      return { ...row, reference_type: 'usage_event', reference_id: command.usageId };
    case 'reserve': {
      const until = new Date(now.getTime() + command.ttlMs);
      return {
        ...row,
        reference_type: 'reservation',
        parent_id: command.parentId,
        until,
        ...command.counts,
      };
    }
    case 'extend':
      return {
        ...row,
        reference_type: 'reservation',
        reservation_id: command.reservationId,
        until: new Date(now.getTime() + command.ttlMs),
        quantity: command.quantity,
      };
    case 'capture':
      return {
        ...row,
        reference_type: 'reservation',
        reservation_id: command.reservationId,
        close: command.close,
        quantity: command.quantity,
      };
    case 'release': {
      const close = command.amount === undefined;
      return { ...row, reference_type: 'reservation', reservation_id: command.reservationId, close };
    }
  }
}

// Rounding happens once, where an amount is made; here it would hide that somebody forgot.
function exactText(value: Amount): string {
  assert(value.isFinite() && value.decimalPlaces() <= MONEY_SCALE, 'money has the scale of its column');
  return moneyText(value);
}

/** The charge of usage that waits. */
export function chargeOf({
  id,
  cost,
  key,
}: {
  id: string;
  cost: string;
  key: string;
}): Command & { kind: 'charge' } {
  return { kind: 'charge', key, amount: amount(cost), usageId: id };
}
