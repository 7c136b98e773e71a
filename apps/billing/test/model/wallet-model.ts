import {
  currentCredit,
  drawCredit,
  entitled,
  setAllowance,
  type Credit,
  type Entitlement,
  type Terms,
} from './limits-model.ts';
import { addLot, drain, expiredLots, giveBack, noLots, type Lots } from './lots-model.ts';
import {
  decided,
  inputOf,
  NO_REPLY,
  type Adding,
  type Decision,
  type Op,
  type Person,
  type Reply,
  type Usage,
} from './ops.ts';
import { dueReservations, heldBy, lapse, moveReservation, type Held } from './reservations-model.ts';
import { charge, endUsage, priced, use, type Batch, type Recorded } from './usage-model.ts';

// What a wallet should do. It knows nothing of how the posting core is made; a run compares the two after every step.

type Final = { input: string; reply: Reply; refused: boolean };
type IdOf = (name: string) => string;

const LIMIT = 100_000_000_000_000n * 1_000_000n;
/** Commands of one batch, and uses of one feature that are tried at once when its quota may have room. */
const BATCH_MAX = 500;
const AWAITING_PER_FEATURE = 100;
const COUNTER = {
  topup: 'cash',
  reinstatement: 'cash',
  refund: 'cash',
  credit: 'promotions',
  adjustment: 'adjustments',
  debit: 'revenue',
  usage: 'revenue',
  charge: 'revenue',
  capture: 'revenue',
  void: 'revenue',
  expire: 'breakage',
} as const;
/** Outcomes that a repeated command need not have again. */
const PASSING: ReadonlySet<string> = new Set([
  'pending',
  'failed',
  'frozen',
  'closed',
  'awaits_quota',
  'rated',
]);
const SPENDING: ReadonlySet<Op['kind']> = new Set(['debit', 'charge', 'reserve', 'extend']);

export class WalletModel {
  frozen = false;
  suspended = false;
  closed = false;
  balance = 0n;
  reserved = 0n;
  seq = 0;
  exhausted = false;
  readonly lots: Lots = noLots();
  readonly reservations = new Map<string, Held>();
  readonly usage = new Map<string, Recorded>();
  readonly accounts = new Map<string, bigint>();
  readonly entitlements = new Map<string, Entitlement>();
  readonly credits = new Map<Person, Credit>();
  private readonly finals = new Map<string, Final>();
  private lastPostedAt = -Infinity;

  get status(): 'active' | 'suspended' | 'frozen' | 'closed' {
    if (this.closed) return 'closed';
    if (this.frozen) return 'frozen';
    return this.suspended ? 'suspended' : 'active';
  }

  /** Nothing is paid in or out. */
  get stopped(): boolean {
    return this.frozen || this.closed;
  }

  get free(): bigint {
    return this.balance - this.reserved;
  }

  get refusals(): number {
    return [...this.finals.values()].filter(({ refused }) => refused).length;
  }

  /** Usage that waits though nobody will look at it again: it is not known that funds are short, and no quota keeps it. */
  get forgotten(): string[] {
    return this.exhausted ? [] : this.waiting((waits) => waits !== 'quota');
  }

  /** Another wallet of the same past, to try something on. */
  clone(): WalletModel {
    return Object.assign(Object.create(WalletModel.prototype), structuredClone({ ...this })) as WalletModel;
  }

  /** A batch as the queue posts it: what it freed or added pays for usage that waits. `idOf` says the ids that order equals. */
  submit(ops: Op[], callerNow: number, idOf: IdOf): Reply[] {
    const replies = this.post(ops, callerNow, idOf);
    const adds = (op: Op) => op.kind !== 'debit' && op.kind !== 'reserve' && op.kind !== 'extend';
    if (replies.some(({ outcome }, i) => outcome === 'posted' && adds(ops[i] as Op)))
      this.chargePending(callerNow, idOf);
    return replies;
  }

  /** Usage as a consumer records it. */
  record(uses: Usage[], callerNow: number, idOf: IdOf): Reply[] {
    const replies = this.post(uses, callerNow, idOf);
    this.exhausted ||= replies.some(({ outcome }) => outcome === 'pending');
    return replies;
  }

  /** Usage that is rated late, and charged if nothing older waits. */
  rate(ops: Op[], callerNow: number, idOf: IdOf): Reply[] {
    const replies = this.post(ops, callerNow, idOf);
    const found = ops.filter((_, i) => replies[i]?.outcome === 'rated');
    if (this.exhausted || found.length === 0) return replies;
    const keys = found.map((op) => (op.kind === 'rate' ? op.usage : op.key));
    const charged = this.charge(keys, callerNow, idOf);
    this.exhausted = charged.some(({ outcome }) => outcome === 'pending' || outcome === 'frozen');
    return replies;
  }

  /** What the sweepers do in a wallet that nobody touches. */
  sweep(callerNow: number, idOf: IdOf): void {
    this.postBatch([], callerNow, idOf);
    this.chargePending(callerNow, idOf);
    this.chargeAwaitingQuota(callerNow, idOf);
    for (const credit of this.credits.values()) currentCredit(credit, callerNow);
  }

  chargePending(callerNow: number, idOf: IdOf): void {
    if (!this.exhausted) return;
    const waiting = this.waiting((waits) => waits !== 'quota');
    const replies = this.charge(waiting.slice(0, BATCH_MAX), callerNow, idOf);
    const paid = replies.filter(({ outcome }) => outcome === 'posted' || outcome === 'awaits_quota').length;
    if (paid === waiting.length && this.balance > 0n) this.exhausted = false;
  }

  entitle(feature: string, terms: Terms, callerNow: number): void {
    const now = Math.max(callerNow, this.lastPostedAt);
    this.entitlements.set(feature, entitled(terms, this.entitlements.get(feature), now));
  }

  allow(person: Person, allowance: bigint | null, callerNow: number): void {
    const now = Math.max(callerNow, this.lastPostedAt);
    const credit = setAllowance(this.credits.get(person), allowance, heldBy(this, person), now);
    this.credits.set(person, credit);
  }

  private chargeAwaitingQuota(callerNow: number, idOf: IdOf): void {
    const tried = new Map<string, number>();
    const due = this.waiting((waits) => waits === 'quota').filter((key) => {
      const { feature } = this.usage.get(key) as Recorded;
      tried.set(feature, (tried.get(feature) ?? 0) + 1);
      return (tried.get(feature) ?? 0) <= AWAITING_PER_FEATURE;
    });
    this.charge(due.slice(0, BATCH_MAX), callerNow, idOf);
  }

  /** Pending usage, oldest first. */
  private waiting(which: (waits: Recorded['waits']) => boolean): string[] {
    return [...this.usage]
      .filter(([, { status, waits }]) => status === 'pending' && which(waits))
      .sort(([, a], [, b]) => a.occurredAt - b.occurredAt)
      .map(([key]) => key);
  }

  private charge(keys: string[], callerNow: number, idOf: IdOf): Reply[] {
    const ops = keys.map((key): Op => ({ kind: 'charge', key, micros: this.usage.get(key)?.micros ?? 0n }));
    return this.post(ops, callerNow, idOf);
  }

  /** A batch, and nothing after it. */
  post(ops: Op[], callerNow: number, idOf: IdOf): Reply[] {
    return ops.length > 0 ? this.postBatch(ops, callerNow, idOf) : [];
  }

  private postBatch(ops: Op[], callerNow: number, idOf: IdOf): Reply[] {
    const now = Math.max(callerNow, this.lastPostedAt);
    const batch = { callerNow, now, waits: this.exhausted, blocked: false };
    const seqBefore = this.seq;
    if (!this.stopped) this.expireDue(now, idOf);
    const firsts = new Map<string, { op: Op; reply: Reply }>();
    const replies = ops.map((op) => {
      const first = firsts.get(op.key);
      if (first) return repeated(first.reply, inputOf(first.op) === inputOf(op));
      const reply = this.known(op) ?? this.decide(op, batch);
      firsts.set(op.key, { op, reply });
      return reply;
    });
    if (this.seq > seqBefore) this.lastPostedAt = now;
    return replies;
  }

  private known(op: Op): Reply | undefined {
    const final = this.finals.get(op.key);
    const used = this.usage.get(op.key);
    if (op.kind === 'charge') return final && repeated(final.reply, true);
    if (used) {
      if (op.kind !== 'usage' || used.input !== inputOf(op)) return { ...NO_REPLY, outcome: 'conflict' };
      return { ...NO_REPLY, ...final?.reply, outcome: 'duplicate', available: null };
    }
    return final && repeated(final.reply, final.input === inputOf(op));
  }

  private decide(op: Op, batch: Batch): Reply {
    const decision = this.weigh(op, batch);
    const { outcome, available, state } = decision;
    if (outcome !== 'posted') {
      const reply = { ...NO_REPLY, outcome, available, state };
      // A price may be given to usage as often as somebody likes.
      const refused = !PASSING.has(outcome) && op.kind !== 'rate';
      if (refused) this.finals.set(op.key, { input: inputOf(op), refused, reply });
      return reply;
    }
    this.carryOut(op, decision, batch);
    const { seq, balance, reserved } = this;
    const reply = { outcome, seq, balance, reserved, available, state };
    this.finals.set(op.key, { input: inputOf(op), refused: false, reply });
    return reply;
  }

  private weigh(op: Op, batch: Batch): Decision {
    if (op.kind === 'usage') return use(this, op, batch);
    const pays = op.kind === 'debit' && op.tax;
    if (this.stopped || (this.suspended && SPENDING.has(op.kind) && !pays)) return decided('frozen');
    switch (op.kind) {
      case 'charge':
        return charge(this, op.key, batch);
      case 'rate':
        return priced(this, op.usage, op.micros);
      case 'void':
        return endUsage(this, op);
      case 'debit':
        if (op.micros > this.free) return decided('insufficient', { available: this.free });
        return decided('posted', { amount: -op.micros, person: op.person });
      case 'refund':
        if (op.micros > this.free) return decided('insufficient', { available: this.free });
        return decided('posted', { amount: -op.micros });
      case 'topup':
      case 'credit':
      case 'adjustment':
      case 'reinstatement':
        if (this.free + op.micros < 0n) return decided('insufficient', { available: this.free });
        if (this.balance + op.micros >= LIMIT) return decided('limit');
        return decided('posted', { amount: op.micros });
      default:
        return moveReservation(this, op, batch);
    }
  }

  /** Moves what was decided: balances, lots, and the allowance of whoever caused it. */
  private carryOut(op: Op, { amount, reserved, person }: Decision, { now }: Batch): void {
    const tax = op.kind === 'debit' && op.tax;
    this.move(amount, reserved, tax ? 'tax' : (COUNTER[op.kind as keyof typeof COUNTER] ?? 'held'));
    if (op.kind === 'void') giveBack(this.lots, this.usage.get(op.usage)?.seq ?? 0);
    else if (amount > 0n) addLot(this.lots, op as Adding, this.seq, amount);
    else if (amount < 0n) drain(this.lots, this.seq, -amount, op.kind === 'refund' ? op.lot : undefined);
    const recorded = op.kind === 'usage' || op.kind === 'charge' ? this.usage.get(op.key) : undefined;
    if (recorded) recorded.seq = this.seq;
    const spends = amount !== 0n && COUNTER[op.kind as keyof typeof COUNTER] === 'revenue';
    if (person && (spends || reserved !== 0n)) drawCredit(this.credits.get(person), -amount, reserved, now);
  }

  /** Drawn reservations end before their budgets, and credit last, when what was held is free again. */
  private expireDue(now: number, idOf: IdOf): void {
    for (const held of dueReservations(this, now)) {
      const { freed, person } = lapse(this, held);
      this.move(0n, -freed, 'held');
      if (person && freed !== 0n) drawCredit(this.credits.get(person), 0n, -freed, now);
    }
    for (const lot of expiredLots(this.lots, now, idOf)) {
      const lost = lot.remaining < this.free ? lot.remaining : this.free;
      if (lost === 0n) continue;
      this.move(-lost, 0n, COUNTER.expire);
      drain(this.lots, this.seq, lost, lot.name);
    }
  }

  private move(amount: bigint, reserved: bigint, account: string): void {
    this.seq++;
    this.balance += amount;
    this.reserved += reserved;
    if (amount !== 0n) this.accounts.set(account, (this.accounts.get(account) ?? 0n) - amount);
  }
}

function repeated(first: Reply, same: boolean): Reply {
  if (!same) return { ...NO_REPLY, outcome: 'conflict' };
  return first.outcome === 'posted' ? { ...first, outcome: 'duplicate' } : first;
}
