import { currentCredit, returnQuota, takeQuota, type Credit, type Entitlement } from './limits-model.ts';
import {
  decided,
  type Capture,
  type Decision,
  type Extend,
  type HeldState,
  type Person,
  type Release,
  type Reserve,
} from './ops.ts';

export type Held = {
  parent: string | null;
  person: Person | null;
  status: string;
  authorized: bigint;
  captured: bigint;
  released: bigint;
  allotted: bigint;
  expiresAt: number;
  madeAt: number;
  feature: string | null;
  quantity: number | null;
};
/** What of a wallet its reservations need. */
export type Holder = {
  readonly reservations: Map<string, Held>;
  readonly entitlements: Map<string, Entitlement>;
  readonly credits: Map<Person, Credit>;
  readonly free: bigint;
};
type Moment = { callerNow: number; now: number };

/** Decides a command on a reservation and carries it out, all but what it moves of the wallet. */
export function moveReservation(
  wallet: Holder,
  op: Reserve | Extend | Capture | Release,
  moment: Moment,
): Decision {
  const over = ({ status }: Held) => decided(status === 'expired' ? 'expired' : 'ended');
  const name = op.kind === 'reserve' ? op.key : op.reservation;
  const held = op.kind === 'reserve' ? fresh(op, moment) : wallet.reservations.get(name);
  if (!held) return decided('not_found');
  if (held.status !== 'open') return over(held);
  const budget = held.parent === null ? undefined : wallet.reservations.get(held.parent);
  if (held.parent !== null && (!budget || budget.parent !== null)) return decided('not_found');
  if (budget && budget.status !== 'open') return over(budget);
  return op.kind === 'reserve' || op.kind === 'extend'
    ? hold(wallet, op, name, held, budget, moment)
    : letGo(wallet, op, name, held, budget);
}

function hold(
  wallet: Holder,
  op: Reserve | Extend,
  name: string,
  held: Held,
  budget: Held | undefined,
  { callerNow, now }: Moment,
): Decision {
  const left = budget ? ownOf(budget) : wallet.free;
  if (op.micros > left) return decided('insufficient', { available: left });
  if (!budget && op.micros > 0n && held.person) {
    const credit = currentCredit(wallet.credits.get(held.person), now);
    if (credit && op.micros > credit.left) return decided('allowance', { available: credit.left });
  }
  const refused = count(wallet, op, held);
  if (refused) return refused;
  held.authorized += op.micros;
  held.expiresAt = Math.max(held.expiresAt, callerNow + op.ttlMs);
  if (budget) {
    held.expiresAt = Math.min(held.expiresAt, budget.expiresAt);
    budget.allotted += op.micros;
  }
  wallet.reservations.set(name, held);
  return moved(name, held, budget, 0n, budget ? 0n : op.micros);
}

function count({ entitlements }: Holder, op: Reserve | Extend, held: Held): Decision | undefined {
  const quantity = op.kind === 'reserve' ? op.counts?.quantity : op.quantity;
  if (quantity === undefined) return undefined;
  const feature = op.kind === 'reserve' ? (op.counts?.feature ?? null) : held.feature;
  if (feature === null) return undefined;
  const { counted, refused } = takeQuota(entitlements.get(feature), feature, quantity, held.madeAt);
  if (refused) return decided('quota', { state: refused });
  if (counted) [held.feature, held.quantity] = [feature, (held.quantity ?? 0) + quantity];
  return undefined;
}

function letGo(
  wallet: Holder,
  op: Capture | Release,
  name: string,
  held: Held,
  budget: Held | undefined,
): Decision {
  const own = ownOf(held);
  const asked = op.micros ?? 0n;
  const closes = op.kind === 'capture' ? op.close : op.micros === undefined;
  if (asked > own) return decided('exceeded', { available: own });
  if (closes && held.allotted > 0n) return decided('in_use');
  if (closes && held.quantity !== null) {
    const used = op.kind === 'capture' ? op.quantity : undefined;
    if (used !== undefined && used > held.quantity)
      return decided('exceeded', { available: BigInt(held.quantity) * 1_000_000n });
    if (op.kind === 'release') returnUnused(wallet, held);
    else if (used !== undefined) returnPieces(wallet, held, held.quantity - used);
  }
  const paid = op.kind === 'capture' ? asked : 0n;
  const rest = closes ? own - paid : asked - paid;
  held.captured += paid;
  held.released += rest;
  if (closes) held.status = op.kind === 'capture' ? 'captured' : 'released';
  if (budget) {
    budget.captured += paid;
    budget.allotted -= paid + rest;
  }
  return moved(name, held, budget, -paid, -paid - (budget ? 0n : rest));
}

/** Reservations whose time is over: drawn ones before their budgets. */
export function dueReservations({ reservations }: Holder, now: number): Held[] {
  const due = [...reservations.values()].filter((held) => held.status === 'open' && held.expiresAt <= now);
  return due.sort((a, b) => Number(a.parent === null) - Number(b.parent === null));
}

/** Ends what is due. @returns what the wallet reserves less, and whose that was */
export function lapse(wallet: Holder, held: Held): { freed: bigint; person: Person | null } {
  const rest = ownOf(held);
  returnUnused(wallet, held);
  held.released += rest;
  held.status = 'expired';
  const budget = held.parent === null ? undefined : wallet.reservations.get(held.parent);
  if (!budget) return { freed: rest, person: held.person };
  budget.allotted -= rest;
  return { freed: 0n, person: budget.person };
}

/** What of a member's allowance is held. */
export function heldBy({ reservations }: Holder, person: Person): bigint {
  return [...reservations.values()]
    .filter((held) => held.person === person && held.parent === null && held.status === 'open')
    .reduce((sum, { authorized, captured, released }) => sum + authorized - captured - released, 0n);
}

// All that was not used of a quota goes back when nothing was paid.
function returnUnused(wallet: Holder, held: Held): void {
  if (held.quantity !== null && held.captured === 0n) returnPieces(wallet, held, held.quantity);
}

function returnPieces({ entitlements }: Holder, held: Held, pieces: number): void {
  returnQuota(entitlements.get(held.feature ?? ''), pieces, held.madeAt);
  held.quantity = (held.quantity ?? 0) - pieces;
}

function fresh({ parent, person, ttlMs }: Reserve, { callerNow, now }: Moment): Held {
  return {
    parent: parent ?? null,
    person,
    status: 'open',
    authorized: 0n,
    captured: 0n,
    released: 0n,
    allotted: 0n,
    expiresAt: callerNow + ttlMs,
    madeAt: now,
    feature: null,
    quantity: null,
  };
}

function ownOf({ authorized, captured, released, allotted }: Held): bigint {
  return authorized - captured - released - allotted;
}

function moved(
  reservation: string,
  held: Held,
  budget: Held | undefined,
  amount: bigint,
  reserved: bigint,
): Decision {
  const { status, captured, expiresAt } = held;
  const left = held.authorized - captured - held.released;
  const state: HeldState = { reservation, status, held: left, captured, expiresAt };
  return decided('posted', { amount, reserved, state, person: (budget ?? held).person });
}
