// What a wallet should do, in whole millionths and without a database. It knows nothing of how the posting core is made; a run
// compares the two after every step.

type Keyed = { key: string };
export type Adding = Keyed & {
  kind: 'topup' | 'credit' | 'adjustment';
  micros: bigint;
  priority?: number;
  expiresAt?: number;
};
export type Usage = Keyed & { kind: 'usage'; micros: bigint; quantity: number; occurredAt: number };
/** A command as the model reads it. A reservation is named by the key that made it. */
export type Op =
  | Adding
  | Usage
  | (Keyed & { kind: 'debit'; micros: bigint })
  | (Keyed & { kind: 'charge'; micros: bigint })
  | (Keyed & { kind: 'reserve'; micros: bigint; ttlMs: number; parent?: string })
  | (Keyed & { kind: 'extend'; micros: bigint; ttlMs: number; reservation: string })
  | (Keyed & { kind: 'capture'; micros: bigint; reservation: string; close: boolean })
  | (Keyed & { kind: 'release'; micros?: bigint; reservation: string });

export type HeldState = {
  reservation: string;
  status: string;
  held: bigint;
  captured: bigint;
  expiresAt: number;
};
/** What a command is answered; `state` is empty where no reservation is concerned. */
export type Reply = {
  outcome: string;
  seq: number | null;
  balance: bigint | null;
  reserved: bigint | null;
  available: bigint | null;
  state: HeldState | null;
};

export type Lot = { name: string; seq: number; priority: number; remaining: bigint; expiresAt: number };
export type Held = {
  parent: string | null;
  status: string;
  authorized: bigint;
  captured: bigint;
  released: bigint;
  allotted: bigint;
  expiresAt: number;
};
type Recorded = { input: string; status: 'pending' | 'charged'; micros: bigint; occurredAt: number };
type Final = { input: string; reply: Reply; refused: boolean };
/** What one batch remembers from command to command. */
type Batch = { callerNow: number; now: number; waits: boolean; blocked: boolean };
type Moved = {
  outcome: string;
  amount: bigint;
  reserved: bigint;
  available: bigint | null;
  state: HeldState | null;
};

const LIMIT = 100_000_000_000_000n * 1_000_000n;
const COUNTER = {
  topup: 'cash',
  credit: 'promotions',
  adjustment: 'adjustments',
  debit: 'revenue',
  usage: 'revenue',
  charge: 'revenue',
  capture: 'revenue',
  expire: 'breakage',
} as const;
const PRIORITY = { topup: 50, credit: 30, adjustment: 30 };
const NOTHING = { seq: null, balance: null, reserved: null, available: null, state: null };

export class WalletModel {
  status: 'active' | 'frozen' = 'active';
  balance = 0n;
  reserved = 0n;
  seq = 0;
  exhausted = false;
  lots: Lot[] = [];
  readonly reservations = new Map<string, Held>();
  readonly usage = new Map<string, Recorded>();
  readonly accounts = new Map<string, bigint>();
  private readonly finals = new Map<string, Final>();
  private lastPostedAt = -Infinity;

  get refusals(): number {
    return [...this.finals.values()].filter(({ refused }) => refused).length;
  }

  /** Another wallet of the same past, to try something on. */
  clone(): WalletModel {
    return Object.assign(Object.create(WalletModel.prototype), structuredClone({ ...this })) as WalletModel;
  }

  /** A batch as the queue posts it: what it freed or added pays for usage that waits. `idOf` says the ids that order equals. */
  submit(ops: Op[], callerNow: number, idOf: (name: string) => string): Reply[] {
    const replies = this.post(ops, callerNow, idOf);
    const adds = (op: Op) => op.kind !== 'debit' && op.kind !== 'reserve' && op.kind !== 'extend';
    if (replies.some(({ outcome }, i) => outcome === 'posted' && adds(ops[i] as Op)))
      this.chargePending(callerNow, idOf);
    return replies;
  }

  /** Usage as a consumer records it. */
  record(uses: Usage[], callerNow: number, idOf: (name: string) => string): Reply[] {
    const replies = this.post(uses, callerNow, idOf);
    this.exhausted ||= replies.some(({ outcome }) => outcome === 'pending');
    return replies;
  }

  /** What the sweeper does in a wallet that nobody touches. */
  sweep(callerNow: number, idOf: (name: string) => string): void {
    this.post([], callerNow, idOf);
    this.chargePending(callerNow, idOf);
  }

  chargePending(callerNow: number, idOf: (name: string) => string): void {
    if (!this.exhausted) return;
    const waiting = [...this.usage]
      .filter(([, { status }]) => status === 'pending')
      .sort(([, a], [, b]) => a.occurredAt - b.occurredAt)
      .map(([key, { micros }]): Op => ({ kind: 'charge', key, micros }));
    const replies = waiting.length > 0 ? this.post(waiting, callerNow, idOf) : [];
    if (replies.every(({ outcome }) => outcome === 'posted') && this.balance > 0n) this.exhausted = false;
  }

  private post(ops: Op[], callerNow: number, idOf: (name: string) => string): Reply[] {
    const batch: Batch = {
      callerNow,
      now: Math.max(callerNow, this.lastPostedAt),
      waits: this.exhausted,
      blocked: false,
    };
    const seqBefore = this.seq;
    if (this.status === 'active') this.expireDue(batch, idOf);
    const firsts = new Map<string, { op: Op; reply: Reply }>();
    const replies = ops.map((op) => {
      const first = firsts.get(op.key);
      if (first) return repeated(first.reply, inputOf(first.op) === inputOf(op));
      const reply = this.decide(op, batch);
      firsts.set(op.key, { op, reply });
      return reply;
    });
    if (this.seq > seqBefore) this.lastPostedAt = batch.now;
    return replies;
  }

  private decide(op: Op, batch: Batch): Reply {
    const known = this.known(op);
    if (known) return known;
    const [outcome, moved] = this.weigh(op, batch);
    if (op.kind === 'usage')
      this.usage.set(op.key, {
        input: inputOf(op),
        status: outcome === 'posted' ? 'charged' : 'pending',
        micros: op.micros,
        occurredAt: op.occurredAt,
      });
    if (outcome !== 'posted') {
      const reply = { ...NOTHING, outcome, available: moved.available, state: moved.state };
      const refused = outcome !== 'pending' && outcome !== 'frozen';
      if (refused) this.finals.set(op.key, { input: inputOf(op), refused, reply });
      return reply;
    }
    const counter = op.kind in COUNTER ? COUNTER[op.kind as keyof typeof COUNTER] : 'held';
    this.move(moved.amount, moved.reserved, counter);
    if (moved.amount > 0n) this.addLot(op as Adding, moved.amount);
    else this.drain(-moved.amount);
    if (op.kind === 'charge') (this.usage.get(op.key) as Recorded).status = 'charged';
    const { seq, balance, reserved } = this;
    const reply = { outcome, seq, balance, reserved, available: moved.available, state: moved.state };
    this.finals.set(op.key, { input: inputOf(op), refused: false, reply });
    return reply;
  }

  private known(op: Op): Reply | undefined {
    const final = this.finals.get(op.key);
    const used = this.usage.get(op.key);
    if (op.kind === 'charge') return final && repeated(final.reply, true);
    if (used) {
      if (op.kind !== 'usage' || used.input !== inputOf(op)) return { ...NOTHING, outcome: 'conflict' };
      return { ...NOTHING, ...final?.reply, outcome: 'duplicate', available: null };
    }
    return final && repeated(final.reply, final.input === inputOf(op));
  }

  private weigh(op: Op, batch: Batch): [string, Moved] {
    const plain = (amount: bigint, available: bigint | null = null): Moved => ({
      outcome: 'posted',
      amount,
      reserved: 0n,
      available,
      state: null,
    });
    if (this.status !== 'active') return [op.kind === 'usage' ? 'pending' : 'frozen', plain(0n)];
    const free = this.balance - this.reserved;
    switch (op.kind) {
      case 'debit':
        return op.micros > free ? ['insufficient', plain(0n, free)] : ['posted', plain(-op.micros)];
      case 'usage':
      case 'charge': {
        if (op.kind === 'usage' ? batch.waits : batch.blocked) return ['pending', plain(0n)];
        if (op.micros <= free) return ['posted', plain(-op.micros)];
        batch.waits = batch.blocked = true;
        return ['pending', plain(0n, free)];
      }
      case 'topup':
      case 'credit':
      case 'adjustment':
        if (free + op.micros < 0n) return ['insufficient', plain(0n, free)];
        if (this.balance + op.micros >= LIMIT) return ['limit', plain(0n)];
        return ['posted', plain(op.micros)];
      default: {
        const moved = this.moveHeld(op, batch, free);
        return [moved.outcome, moved];
      }
    }
  }

  private moveHeld(
    op: Op & { kind: 'reserve' | 'extend' | 'capture' | 'release' },
    batch: Batch,
    free: bigint,
  ): Moved {
    const over = ({ status }: Held) => refuse(status === 'expired' ? 'expired' : 'ended');
    const name = op.kind === 'reserve' ? op.key : op.reservation;
    const held = op.kind === 'reserve' ? fresh(op, batch.callerNow) : this.reservations.get(name);
    if (!held) return refuse('not_found');
    if (held.status !== 'open') return over(held);
    const budget = held.parent === null ? undefined : this.reservations.get(held.parent);
    if (held.parent !== null && (!budget || budget.parent !== null)) return refuse('not_found');
    if (budget && budget.status !== 'open') return over(budget);

    return op.kind === 'reserve' || op.kind === 'extend'
      ? this.hold(op, name, held, budget, batch, free)
      : this.letGo(op, name, held, budget);
  }

  private hold(
    op: Op & { kind: 'reserve' | 'extend' },
    name: string,
    held: Held,
    budget: Held | undefined,
    { callerNow }: Batch,
    free: bigint,
  ): Moved {
    const left = budget ? ownOf(budget) : free;
    if (op.micros > left) return refuse('insufficient', left);
    held.authorized += op.micros;
    held.expiresAt = Math.max(held.expiresAt, callerNow + op.ttlMs);
    if (budget) {
      held.expiresAt = Math.min(held.expiresAt, budget.expiresAt);
      budget.allotted += op.micros;
    }
    this.reservations.set(name, held);
    return movedBy(name, held, 0n, budget ? 0n : op.micros);
  }

  private letGo(
    op: Op & { kind: 'capture' | 'release' },
    name: string,
    held: Held,
    budget: Held | undefined,
  ): Moved {
    const own = ownOf(held);
    const asked = op.micros ?? 0n;
    const closes = op.kind === 'capture' ? op.close : op.micros === undefined;
    if (asked > own) return refuse('exceeded', own);
    if (closes && held.allotted > 0n) return refuse('in_use');
    const paid = op.kind === 'capture' ? asked : 0n;
    const rest = closes ? own - paid : asked - paid;
    held.captured += paid;
    held.released += rest;
    if (closes) held.status = op.kind === 'capture' ? 'captured' : 'released';
    if (budget) {
      budget.captured += paid;
      budget.allotted -= paid + rest;
    }
    return movedBy(name, held, -paid, -paid - (budget ? 0n : rest));
  }

  /** Drawn reservations end before their budgets, and credit last, when what was held is free again. */
  private expireDue({ now }: Batch, idOf: (name: string) => string): void {
    const open = [...this.reservations].filter(([, r]) => r.status === 'open' && r.expiresAt <= now);
    for (const [, held] of open.sort(
      ([, a], [, b]) => Number(a.parent === null) - Number(b.parent === null),
    )) {
      const rest = ownOf(held);
      held.released += rest;
      held.status = 'expired';
      const budget = held.parent === null ? undefined : this.reservations.get(held.parent);
      if (budget) budget.allotted -= rest;
      this.move(0n, budget ? 0n : -rest, 'held');
    }
    const due = this.lots.filter(({ expiresAt }) => expiresAt <= now);
    due.sort((a, b) => a.expiresAt - b.expiresAt || (idOf(a.name) < idOf(b.name) ? -1 : 1));
    for (const lot of due) {
      const free = this.balance - this.reserved;
      const lost = lot.remaining < free ? lot.remaining : free;
      if (lost === 0n) continue;
      this.move(-lost, 0n, COUNTER.expire);
      lot.remaining -= lost;
    }
    this.lots = this.lots.filter(({ remaining }) => remaining > 0n);
  }

  private move(amount: bigint, reserved: bigint, account: string): void {
    this.seq++;
    this.balance += amount;
    this.reserved += reserved;
    if (amount !== 0n) this.accounts.set(account, (this.accounts.get(account) ?? 0n) - amount);
  }

  private addLot(
    { key: name, kind, priority = PRIORITY[kind], expiresAt = Infinity }: Adding,
    remaining: bigint,
  ) {
    this.lots.push({ name, seq: this.seq, priority, remaining, expiresAt });
    this.lots.sort((a, b) => a.priority - b.priority || compare(a.expiresAt, b.expiresAt) || a.seq - b.seq);
  }

  private drain(amount: bigint): void {
    for (let need = amount; need > 0n;) {
      const lot = this.lots[0] as Lot;
      const taken = lot.remaining < need ? lot.remaining : need;
      lot.remaining -= taken;
      need -= taken;
      if (lot.remaining === 0n) this.lots.shift();
    }
  }
}

/** All that a client said, and nothing of what we made of it: what usage costs is ours. */
function inputOf({ key: _, ...op }: Op): string {
  const said = op.kind === 'usage' ? { ...op, micros: null } : op;
  return JSON.stringify(said, (_name, value: unknown) => (typeof value === 'bigint' ? `${value}` : value));
}

function repeated(first: Reply, same: boolean): Reply {
  if (!same) return { ...NOTHING, outcome: 'conflict' };
  return first.outcome === 'posted' ? { ...first, outcome: 'duplicate' } : first;
}

function fresh(op: Op & { kind: 'reserve' }, callerNow: number): Held {
  return {
    parent: op.parent ?? null,
    status: 'open',
    authorized: 0n,
    captured: 0n,
    released: 0n,
    allotted: 0n,
    expiresAt: callerNow + op.ttlMs,
  };
}

function ownOf({ authorized, captured, released, allotted }: Held): bigint {
  return authorized - captured - released - allotted;
}

// Infinity − Infinity is no number.
function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function refuse(outcome: string, available: bigint | null = null): Moved {
  return { outcome, amount: 0n, reserved: 0n, available, state: null };
}

function movedBy(reservation: string, held: Held, amount: bigint, reserved: bigint): Moved {
  const { status, captured, expiresAt } = held;
  const state = {
    reservation,
    status,
    held: held.authorized - captured - held.released,
    captured,
    expiresAt,
  };
  return { outcome: 'posted', amount, reserved, available: null, state };
}
