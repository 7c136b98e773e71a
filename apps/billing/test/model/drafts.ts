import fc from 'fast-check';
import type { WalletModel, Op, Usage } from './wallet-model.ts';

const KINDS = {
  topup: 5,
  credit: 4,
  adjustment: 3,
  debit: 14,
  reserve: 8,
  draw: 8,
  extend: 5,
  capture: 10,
  release: 6,
  repeat: 6,
  reuse: 2,
};
type Kind = keyof typeof KINDS;
const MILLION = 1_000_000;
const LIFETIMES_MS = [1_000, 30_000, 60_000, 600_000, 3_600_000];
/** No reservation has this id. */
const NOBODY = '019b0000-0000-7000-8000-00000000dead';
const DAY_MS = 86_400_000;
const USED_SINCE_MS = Date.UTC(2026, 0, 1);

/** What somebody is about to ask; which reservation or which earlier command it means is seen when its turn comes. */
export type Draft = { kind: Kind; micros: number; pick: number; lifetimeMs: number; flag: boolean };
export type UsageDraft = {
  micros: number;
  quantity: number;
  pick: number;
  twist: 'new' | 'repeat' | 'reuse';
};

const micros = fc.oneof(
  fc.integer({ min: 1, max: 3 }),
  fc.integer({ min: 1, max: 400 * MILLION }),
  fc.constantFrom(MILLION, 75 * MILLION, 500 * MILLION),
);
const pick = fc.nat(10_000);
const kind = fc.oneof(
  ...Object.entries(KINDS).map(([name, weight]) => ({ arbitrary: fc.constant(name as Kind), weight })),
);

const draft: fc.Arbitrary<Draft> = fc.record({
  kind,
  micros,
  pick,
  lifetimeMs: fc.constantFrom(...LIFETIMES_MS),
  flag: fc.boolean(),
});
const usageDraft: fc.Arbitrary<UsageDraft> = fc.record({
  micros: fc.oneof(fc.constant(0), micros),
  quantity: fc.integer({ min: 1, max: 1_000 }),
  pick,
  twist: fc.oneof(
    { arbitrary: fc.constant('new' as const), weight: 20 },
    { arbitrary: fc.constant('repeat' as const), weight: 4 },
    { arbitrary: fc.constant('reuse' as const), weight: 1 },
  ),
});

export const drafts = (maxLength: number): fc.Arbitrary<Draft[]> =>
  fc.array(draft, { minLength: 1, maxLength, size: 'max' });
export const usageDrafts = (maxLength: number): fc.Arbitrary<UsageDraft[]> =>
  fc.array(usageDraft, { minLength: 1, maxLength, size: 'max' });

/** Says exactly what a draft asks of a wallet that is in this state. */
export class Resolver {
  private readonly asked: Op[] = [];
  private readonly used: Usage[] = [];

  commands(list: Draft[], model: WalletModel, nowMs: number): Op[] {
    const names = [...model.reservations.keys()];
    const open = names.filter((name) => model.reservations.get(name)?.status === 'open');
    return list.map((item) => {
      const op = this.command(item, names, open, nowMs);
      this.asked.push(op);
      return op;
    });
  }

  usage(list: UsageDraft[]): Usage[] {
    return list.map((item) => {
      const op = this.use(item);
      this.used.push(op);
      return op;
    });
  }

  private command(
    { kind: asked, pick: choice, flag, ...item }: Draft,
    names: string[],
    open: string[],
    nowMs: number,
  ): Op {
    const key = `c${this.asked.length}`;
    const value = BigInt(item.micros);
    // Mostly what is open; sometimes what has ended, or what nobody ever made.
    const of = choice % 8 > 0 && open.length > 0 ? open : names;
    const reservation = choice % 97 === 0 ? NOBODY : (of[choice % of.length] ?? NOBODY);
    switch (asked) {
      case 'topup':
      case 'credit':
        return {
          kind: asked,
          key,
          micros: value,
          priority: choice % 3 === 0 ? choice % 101 : undefined,
          expiresAt: flag ? nowMs + item.lifetimeMs : undefined,
        };
      case 'adjustment':
        return { kind: asked, key, micros: flag ? value : -value };
      case 'debit':
        return { kind: asked, key, micros: value };
      case 'reserve':
        return { kind: asked, key, micros: value, ttlMs: item.lifetimeMs };
      case 'draw':
        return { kind: 'reserve', key, micros: value, ttlMs: item.lifetimeMs, parent: reservation };
      case 'extend':
        return { kind: asked, key, micros: value, ttlMs: item.lifetimeMs, reservation };
      case 'capture':
        return { kind: asked, key, micros: value, reservation, close: flag };
      case 'release':
        return flag ? { kind: asked, key, reservation } : { kind: asked, key, reservation, micros: value };
      case 'repeat':
        return this.asked[choice % this.asked.length] ?? { kind: 'debit', key, micros: value };
      case 'reuse':
        return { kind: 'debit', key: this.anyKey(choice) ?? key, micros: value };
    }
  }

  private use({ micros: cost, quantity, pick: choice, twist }: UsageDraft): Usage {
    const earlier = this.used[choice % this.used.length];
    // What waits is paid in the order of its use, not of its coming; each moment comes once, so that there is one order.
    const occurredAt = USED_SINCE_MS + (choice % 5) * DAY_MS + this.used.length;
    const fresh: Usage = {
      kind: 'usage',
      key: `u${this.used.length}`,
      micros: BigInt(cost),
      quantity,
      occurredAt,
    };
    if (twist === 'repeat' && earlier) return { ...earlier, micros: BigInt(cost) };
    if (twist === 'reuse') return { ...fresh, key: this.anyKey(choice) ?? fresh.key };
    return fresh;
  }

  /** A key that was used before, by whatever. */
  private anyKey(choice: number): string | undefined {
    const all: { key: string }[] = choice % 2 === 0 ? this.asked : this.used;
    return all[choice % all.length]?.key;
  }
}
