import { overageCost, returnQuota, takeQuota, type Entitlement } from './limits-model.ts';
import {
  decided,
  inputOf,
  type Decision,
  type Feature,
  type Overage,
  type Person,
  type Usage,
  type Void,
} from './ops.ts';

export type Recorded = {
  input: string;
  status: 'pending' | 'failed' | 'charged' | 'voided';
  /** What pending usage waits for; what was rated late waits for neither until it is tried. */
  waits: 'funds' | 'quota' | null;
  micros: bigint;
  overage: Overage[];
  quantity: number;
  feature: Feature;
  person: Person | null;
  occurredAt: number;
  quotaAt: number | null;
  /** Its debit. */
  seq: number | null;
};
/** What of a wallet its usage needs. */
export type User = {
  readonly usage: Map<string, Recorded>;
  readonly entitlements: Map<string, Entitlement>;
  readonly free: bigint;
  readonly status: string;
};
/** What one batch remembers from command to command: whether usage waits behind older usage that was not paid. */
export type Batch = { callerNow: number; now: number; waits: boolean; blocked: boolean };

/** Records a use, counts it for its quota, and decides whether it is paid now. */
export function use(user: User, op: Usage, batch: Batch): Decision {
  if (user.status === 'closed') return decided('closed');
  const { corrects, quantity, feature, person, occurredAt } = op;
  const entitlement = user.entitlements.get(feature);
  const recorded: Recorded = {
    input: inputOf(op),
    status: 'pending',
    waits: null,
    micros: op.micros ?? 0n,
    overage: [],
    quantity,
    feature,
    person,
    occurredAt,
    quotaAt: corrects?.quotaAt ?? null,
    seq: null,
  };
  user.usage.set(op.key, recorded);
  if (corrects) {
    // It counts where what it stands for counted, whether there is room or not: it happened.
    if (corrects.quotaAt !== null) returnQuota(entitlement, -quantity, corrects.quotaAt);
    recorded.overage = op.micros === null ? [] : corrects.overage;
  } else if (op.micros !== null) {
    const { counted, refused, over, rate } = takeQuota(entitlement, feature, quantity, batch.now);
    if (refused) {
      recorded.waits = 'quota';
      return decided('awaits_quota', { state: refused });
    }
    if (counted) recorded.quotaAt = batch.now;
    if (over > 0 && rate !== null) recorded.overage = [{ units: over, rate }];
  }
  recorded.micros += recorded.overage.reduce((sum, { units, rate }) => sum + overageCost(units, rate), 0n);
  const decision = pay(user, op, recorded, batch);
  recorded.status = decision.outcome === 'posted' ? 'charged' : (decision.outcome as Recorded['status']);
  recorded.waits = decision.outcome === 'pending' ? 'funds' : null;
  return decision;
}

function pay(user: User, op: Usage, { micros, overage, person }: Recorded, batch: Batch): Decision {
  if (op.micros === null) return decided('failed');
  // It is said also of what has to wait.
  const above = op.corrects ? undefined : overage[0];
  const state = above ? { overage: overageCost(above.units, above.rate) } : null;
  if (user.status !== 'active' || batch.waits) return decided('pending', { state });
  if (micros > user.free) return { ...wait(user, batch), state };
  return decided('posted', { amount: -micros, state, person });
}

/** Charges usage that was recorded before; what was not counted then counts now, without overage. */
export function charge(user: User, key: string, batch: Batch): Decision {
  const recorded = user.usage.get(key) as Recorded;
  if (batch.blocked) return decided('pending');
  if (recorded.micros > user.free) return wait(user, batch);
  if (recorded.quotaAt === null) {
    const { feature, quantity } = recorded;
    const taken = takeQuota(user.entitlements.get(feature), feature, quantity, batch.now);
    if (taken.refused) {
      recorded.waits = 'quota';
      return decided('awaits_quota', { state: taken.refused });
    }
    if (taken.counted) recorded.quotaAt = batch.now;
  }
  recorded.status = 'charged';
  recorded.waits = null;
  return decided('posted', { amount: -recorded.micros, person: recorded.person });
}

/** Gives usage that failed the price that it lacked. */
export function priced(user: User, key: string, micros: bigint): Decision {
  const recorded = user.usage.get(key);
  if (recorded?.status !== 'failed') return decided('ended');
  recorded.status = 'pending';
  recorded.micros = micros;
  return decided('rated');
}

/** Ends usage for good. */
export function endUsage(user: User, { usage: key }: Void): Decision {
  const recorded = user.usage.get(key);
  if (!recorded) return decided('not_found');
  const { status, micros, person, feature, quantity, quotaAt } = recorded;
  if (status === 'voided') return decided('ended');
  if (quotaAt !== null) returnQuota(user.entitlements.get(feature), quantity, quotaAt);
  Object.assign(recorded, { status: 'voided', waits: null, quotaAt: null });
  return status === 'charged' ? decided('posted', { amount: micros, person }) : decided('voided');
}

/** What lies above a quota of usage that was really of another quantity: as much more or less, at the same rate. */
export function overageAfter({ overage, quantity }: Recorded, really: number): Overage[] {
  return overage
    .map(({ units, rate }) => ({ units: Math.min(units + really - quantity, really), rate }))
    .filter(({ units }) => units > 0);
}

function wait(user: User, batch: Batch): Decision {
  batch.waits = batch.blocked = true;
  return decided('pending', { available: user.free });
}
