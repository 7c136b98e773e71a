// What is asked of a wallet and what it answers, in whole millionths and whole pieces, and without a database.

export const FEATURES = ['campaigns', 'calls', 'search'] as const;
export type Feature = (typeof FEATURES)[number];
export type Person = 'ann' | 'bob';

type Keyed = { key: string };
type By = { person: Person | null };
/** So many pieces of a feature. */
export type Counted = { feature: Feature; quantity: number };

export type Adding = Keyed & {
  kind: 'topup' | 'credit' | 'adjustment' | 'reinstatement';
  micros: bigint;
  priority?: number;
  expiresAt?: number;
};
/** What of a use lies above a soft quota: so many pieces, each at so many ten-thousandths of a millionth. */
export type Overage = { units: number; rate: bigint };
/** Without `micros` it has no price yet. What stands for voided usage takes its place in quotas, and what lay above them. */
export type Usage = Keyed &
  By &
  Counted & {
    kind: 'usage';
    micros: bigint | null;
    occurredAt: number;
    corrects?: { usage: string; quotaAt: number | null; overage: Overage[] };
  };
export type Reserve = Keyed &
  By & { kind: 'reserve'; micros: bigint; ttlMs: number; parent?: string; counts?: Counted };
export type Extend = Keyed & {
  kind: 'extend';
  micros: bigint;
  ttlMs: number;
  reservation: string;
  quantity?: number;
};
export type Capture = Keyed & {
  kind: 'capture';
  micros: bigint;
  reservation: string;
  close: boolean;
  quantity?: number;
};
export type Release = Keyed & { kind: 'release'; micros?: bigint; reservation: string };
/** Money that goes back to who paid it, out of what it came as first. `lot` is the key that added it. */
export type Refund = Keyed & { kind: 'refund'; micros: bigint; lot: string };
export type Void = Keyed & { kind: 'void'; usage: string; replacement?: string };
export type Rate = Keyed & { kind: 'rate'; usage: string; micros: bigint };

/** A command as the model reads it. Reservations and usage are named by the keys that made them. */
export type Op =
  | Adding
  | Refund
  | Usage
  | Reserve
  | Extend
  | Capture
  | Release
  | Void
  | Rate
  /** `tax`: it pays an invoice, which a suspended wallet may. */
  | (Keyed & By & { kind: 'debit'; micros: bigint; tax: boolean })
  | (Keyed & { kind: 'charge'; micros: bigint });

export type HeldState = {
  reservation: string;
  status: string;
  held: bigint;
  captured: bigint;
  expiresAt: number;
};
/** Which quota had no room. */
export type QuotaRefusal = {
  feature: string;
  reason: 'disabled' | 'day' | 'month';
  quota?: number;
  used?: number;
  resetsAt?: number;
};
/** Of a reservation as the posting left it; of usage, what it cost above a quota; or why a quota refused it. */
export type ReplyState = HeldState | QuotaRefusal | { overage: bigint };
/** What a command is answered. */
export type Reply = {
  outcome: string;
  seq: number | null;
  balance: bigint | null;
  reserved: bigint | null;
  available: bigint | null;
  state: ReplyState | null;
};

/** What becomes of a command before anything of the wallet has moved. */
export type Decision = {
  outcome: string;
  amount: bigint;
  reserved: bigint;
  available: bigint | null;
  state: ReplyState | null;
  /** Whose allowance it counts for. */
  person: Person | null;
};

export const NO_REPLY = { seq: null, balance: null, reserved: null, available: null, state: null };

export function decided(outcome: string, more: Partial<Decision> = {}): Decision {
  return { outcome, amount: 0n, reserved: 0n, available: null, state: null, person: null, ...more };
}

export function withBigints(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}` : value;
}

/** All that a client said, and nothing of what we made of it: what usage costs is ours, and so is who asked. */
export function inputOf({ key: _, ...op }: Op): string {
  if (op.kind === 'usage') return JSON.stringify({ ...op, micros: null, corrects: undefined });
  return JSON.stringify('person' in op ? { ...op, person: null } : op, withBigints);
}
