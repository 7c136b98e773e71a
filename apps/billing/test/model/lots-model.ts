import type { Adding } from './ops.ts';

export type Lot = { name: string; seq: number; priority: number; remaining: bigint; expiresAt: number };
type Taken = { lot: string; micros: bigint };

const PRIORITY = { topup: 50, reinstatement: 50, credit: 30, adjustment: 30 };

/** The money of a wallet by where it came from, and which posting took what of it. */
export type Lots = {
  /** In the order in which they are spent. */
  left: Lot[];
  all: Map<string, Lot>;
  taken: Map<number, Taken[]>;
};

export const noLots = (): Lots => ({ left: [], all: new Map(), taken: new Map() });

export function addLot(
  lots: Lots,
  { key: name, kind, priority = PRIORITY[kind], expiresAt = Infinity }: Adding,
  seq: number,
  remaining: bigint,
): void {
  const lot = { name, seq, priority, remaining, expiresAt };
  lots.all.set(name, lot);
  putBack(lots, lot);
}

/** Takes money for a posting: of one lot first, if it is named, then in the order of all. */
export function drain(lots: Lots, seq: number, micros: bigint, first?: string): void {
  const taken: Taken[] = [];
  let need = micros;
  const take = (lot: Lot) => {
    const part = lot.remaining < need ? lot.remaining : need;
    lot.remaining -= part;
    need -= part;
    taken.push({ lot: lot.name, micros: part });
    if (lot.remaining === 0n) lots.left = lots.left.filter((one) => one !== lot);
  };
  const named = first === undefined ? undefined : lots.all.get(first);
  if (named && named.remaining > 0n) take(named);
  while (need > 0n) take(lots.left[0] as Lot);
  lots.taken.set(seq, taken);
}

/** Gives back what a posting took, to the lots that it took it from. */
export function giveBack(lots: Lots, seq: number): void {
  for (const { lot: name, micros } of lots.taken.get(seq) ?? []) {
    const lot = lots.all.get(name) as Lot;
    const wasEmpty = lot.remaining === 0n;
    lot.remaining += micros;
    if (wasEmpty) putBack(lots, lot);
  }
}

/** Lots whose time is over, in the order in which they end. */
export function expiredLots(lots: Lots, now: number, idOf: (name: string) => string): Lot[] {
  return lots.left
    .filter(({ expiresAt }) => expiresAt <= now)
    .sort((a, b) => a.expiresAt - b.expiresAt || (idOf(a.name) < idOf(b.name) ? -1 : 1));
}

function putBack({ left }: Lots, lot: Lot): void {
  left.push(lot);
  left.sort((a, b) => a.priority - b.priority || compare(a.expiresAt, b.expiresAt) || a.seq - b.seq);
}

// Infinity − Infinity is no number.
function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
