import { PUBLISH_LEAD_MS, type PriceChange, type PriceChangeKind } from '@leadwire/contracts';
import { newId, type InputError } from '@leadwire/kernel';
import { entryOf, keyOf, priceText, sameTerms, type DraftLine, type PriceEntry } from './price-entry.js';
import { fault } from './price-file.js';

/** A validity of the list that is there. */
export type ListedPrice = PriceEntry & { id: string; from: Date; to: Date | null };
type Planned = ListedPrice & { line?: number };

/** What a draft does to the list when it is published: nothing that was valid before that moment is touched. */
export type PricePlan = {
  changes: PriceChange[];
  errors: InputError[];
  /** Validities that had not begun and never will. */
  cancelled: string[];
  ends: { id: string; to: Date | null }[];
  added: Planned[];
};

/** The earliest moment that prices can be published for. */
export function earliestStart(now: Date): Date {
  return new Date(now.getTime() + PUBLISH_LEAD_MS);
}

/**
 * Plans what publishing a draft at `start` does, line by line. A price that differs from the one that holds starts at
 * `start`, or from its own later time on, and ends the one before; what it interrupts for a while goes on after it. Only where
 * nothing had a price may a new one begin in the past: no charge depended on it.
 */
export function planPrices(lines: DraftLine[], listed: ListedPrice[], start: Date): PricePlan {
  const work = new Work(listed, start);
  // By when they start, whatever their order in the file: a line that ends a price must not end it for one that starts there.
  const wanted = (line: DraftLine) => times(line).from ?? start;
  for (const line of [...lines].sort((one, other) => wanted(one).getTime() - wanted(other).getTime()))
    work.take(line);
  return work.result();
}

class Work {
  private readonly prices: Planned[];
  private readonly changes: PriceChange[] = [];
  private readonly errors: { line: number; error: InputError }[] = [];
  private readonly taken = new Map<string, { line: number; from: Date; to: Date | null }[]>();

  constructor(
    private readonly before: readonly ListedPrice[],
    private readonly start: Date,
  ) {
    this.prices = [...before];
  }

  take(line: DraftLine): void {
    const { to } = times(line);
    const from = this.startOf(line);
    const same = this.alreadyThere(line);
    if (same) {
      // Claimed all the same: another line that wants those hours would otherwise take them from the one that is "unchanged".
      if (this.clashes(line, same.from, same.to)) return;
      return this.note(line, 'unchanged', same, same.from, same.to);
    }
    if (to !== null && to <= from)
      return this.fail(
        line,
        'past',
        `was to end by then: prices that held stay as they were, new ones start at ${from.toISOString()}`,
      );
    if (this.clashes(line, from, to)) return;
    const over = this.prices.filter((price) => keyOf(price) === keyOf(line) && overlap(price, { from, to }));
    const [held] = over.filter((price) => price.from <= from);
    const longer = held && over.every((price) => price === held) && sameTerms(held, line);
    if (longer && to?.getTime() === held.to?.getTime())
      return this.note(line, 'unchanged', held, held.from, held.to);
    if (longer) {
      this.replace(held, [{ ...held, to }]);
      return this.note(line, 'ends', held, held.from, to);
    }
    for (const price of over) this.replace(price, remains(price, from, to));
    this.prices.push({ ...line, id: newId(), from, to, line: line.line });
    this.note(line, held ? 'changed' : 'added', held, from, to);
  }

  /** What came of it, told in the order of the file. */
  result(): PricePlan {
    const left = new Map(this.prices.map((price) => [price.id, price]));
    const known = new Set(this.before.map(({ id }) => id));
    const ends = this.before.flatMap(({ id, to }) => {
      const now = left.get(id);
      return now && now.to?.getTime() !== to?.getTime() ? [{ id, to: now.to }] : [];
    });
    return {
      changes: this.changes.sort(byLine),
      errors: this.errors.sort(byLine).map(({ error }) => error),
      cancelled: this.before.filter(({ id }) => !left.has(id)).map(({ id }) => id),
      ends,
      added: this.prices.filter(({ id }) => !known.has(id)),
    };
  }

  /** When a line begins to hold: what was charged by then keeps its price. */
  private startOf(line: DraftLine): Date {
    const { from, to } = times(line);
    if (from === null || from >= this.start) return from ?? this.start;
    const concerned = this.prices.filter(
      (price) => keyOf(price) === keyOf(line) || keyOf(price) === keyOf({ ...line, tenantId: null }),
    );
    return concerned.some((price) => overlap(price, { from, to })) ? this.start : from;
  }

  private alreadyThere(line: DraftLine): Planned | undefined {
    const { from, to } = times(line);
    return this.before.find(
      (price) =>
        keyOf(price) === keyOf(line) &&
        sameTerms(price, line) &&
        from?.getTime() === price.from.getTime() &&
        to?.getTime() === price.to?.getTime(),
    );
  }

  private clashes(line: DraftLine, from: Date, to: Date | null): boolean {
    const key = keyOf(line);
    const taken = this.taken.get(key) ?? [];
    const other = taken.find((range) => overlap(range, { from, to }));
    if (other) {
      this.fail(line, 'overlaps', `is valid at the same time as line ${other.line}`);
      return true;
    }
    this.taken.set(key, [...taken, { line: line.line, from, to }]);
    return false;
  }

  private replace(price: Planned, by: Planned[]): void {
    this.prices.splice(this.prices.indexOf(price), 1, ...by);
  }

  private note(
    line: DraftLine,
    change: PriceChangeKind,
    held: Planned | undefined,
    from: Date,
    to: Date | null,
  ): void {
    this.changes.push({
      line: line.line,
      tenantId: line.tenantId,
      entry: entryOf(line),
      change,
      before: held ? priceText(held) : null,
      after: priceText(line),
      from: from.getTime() === this.start.getTime() ? null : from.toISOString(),
      to: to?.toISOString() ?? null,
    });
  }

  private fail(line: DraftLine, code: string, detail: string): void {
    const column = code === 'past' ? 'effective_to' : 'effective_from';
    this.errors.push({ line: line.line, error: fault(line.line, column, code, detail) });
  }
}

function byLine(one: { line: number }, other: { line: number }): number {
  return one.line - other.line;
}

type Range = { from: Date; to: Date | null };

function times({ from, to }: DraftLine): { from: Date | null; to: Date | null } {
  return { from: from === null ? null : new Date(from), to: to === null ? null : new Date(to) };
}

function overlap(one: Range, other: Range): boolean {
  return (one.to === null || other.from < one.to) && (other.to === null || one.from < other.to);
}

/** What is left of a validity beside a new one: what came before it, and what goes on after it. */
function remains(price: Planned, from: Date, to: Date | null): Planned[] {
  const head = price.from < from ? [{ ...price, to: from }] : [];
  const goesOn = to !== null && (price.to === null || price.to > to);
  return goesOn ? [...head, { ...price, id: newId(), from: to }] : head;
}
