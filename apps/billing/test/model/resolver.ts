import type { Draft, LateDraft, UsageDraft } from './drafts.ts';
import { DAY_MS } from './limits-model.ts';
import type { Op, Rate, Usage, Void } from './ops.ts';
import { overageAfter, type Recorded } from './usage-model.ts';
import type { WalletModel } from './wallet-model.ts';

/** No reservation, lot or use has this id. */
export const NOBODY = '019b0000-0000-7000-8000-00000000dead';
const USED_SINCE_MS = Date.UTC(2026, 0, 1);

export type Correction = { ends: Void; stands: Usage };
type Known = { names: string[]; open: string[]; usage: string[]; lots: string[] };

/** Says exactly what a draft asks of a wallet that is in this state. */
export class Resolver {
  private readonly asked: Op[] = [];
  private readonly used: Usage[] = [];
  private late = 0;

  commands(list: Draft[], model: WalletModel, nowMs: number): Op[] {
    const names = [...model.reservations.keys()];
    const open = names.filter((name) => model.reservations.get(name)?.status === 'open');
    const known = { names, open, usage: [...model.usage.keys()], lots: [...model.lots.all.keys()] };
    return list.map((item) => {
      const op = this.command(item, known, nowMs);
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

  /** Prices for usage that lacked one, or for usage that has one: that is told it has. Each use once. */
  rates(list: LateDraft[], { usage }: WalletModel): Rate[] {
    const failed = [...usage.keys()].filter((key) => usage.get(key)?.status === 'failed');
    return this.uses(list, [...failed, ...[...usage.keys()].slice(0, 2)]).map(([key, { micros }]) => ({
      kind: 'rate',
      key: `r${this.late++}`,
      usage: key,
      micros: BigInt(micros ?? 0),
    }));
  }

  /** Usage that was really something else. Each use once; a repeat says the same of it. */
  corrections(list: LateDraft[], { usage }: WalletModel): Correction[] {
    return this.uses(list, [...usage.keys()]).map(([key, { micros, quantity }]) => {
      const was = usage.get(key) as Recorded;
      const { feature, person, occurredAt, quotaAt } = was;
      const corrects = { usage: key, quotaAt, overage: overageAfter(was, quantity) };
      const price = micros === null ? null : BigInt(micros);
      const stands: Usage = {
        kind: 'usage',
        key: `x${key}`,
        micros: price,
        quantity,
        feature,
        person,
        occurredAt,
        corrects,
      };
      return { ends: { kind: 'void', key: `v${key}`, usage: key, replacement: `${quantity}` }, stands };
    });
  }

  private uses(list: LateDraft[], keys: string[]): [string, LateDraft][] {
    const chosen = new Map<string, LateDraft>();
    for (const item of list) {
      const key = keys[item.pick % keys.length];
      if (key !== undefined) chosen.set(key, item);
    }
    return [...chosen];
  }

  private command(
    { kind: asked, pick: choice, flag, person, counts, ...item }: Draft,
    { names, open, usage, lots }: Known,
    nowMs: number,
  ): Op {
    const key = `c${this.asked.length}`;
    const micros = BigInt(item.micros);
    // Mostly what is open; sometimes what has ended, or what nobody ever made.
    const of = choice % 8 > 0 && open.length > 0 ? open : names;
    const reservation = choice % 97 === 0 ? NOBODY : (of[choice % of.length] ?? NOBODY);
    const ttlMs = item.lifetimeMs;
    const counted = counts ? { counts } : {};
    const quantity = counts ? { quantity: counts.quantity } : {};
    switch (asked) {
      case 'topup':
      case 'reinstatement':
      case 'credit': {
        const priority = choice % 3 === 0 ? choice % 101 : undefined;
        return { kind: asked, key, micros, priority, expiresAt: flag ? nowMs + ttlMs : undefined };
      }
      case 'adjustment':
        return { kind: asked, key, micros: flag ? micros : -micros };
      case 'refund': {
        const lot = lots[choice % lots.length];
        // Of a wallet that nobody paid anything into there is nothing to go back.
        return lot === undefined ? { kind: 'topup', key, micros } : { kind: asked, key, micros, lot };
      }
      case 'debit':
      case 'invoice':
        return { kind: 'debit', key, micros, person, tax: asked === 'invoice' };
      case 'reserve':
        return { kind: asked, key, micros, ttlMs, person, ...counted };
      case 'draw':
        return { kind: 'reserve', key, micros, ttlMs, person, parent: reservation, ...counted };
      case 'extend':
        return { kind: asked, key, micros, ttlMs, reservation, ...quantity };
      case 'capture':
        return { kind: asked, key, micros, reservation, close: flag, ...quantity };
      case 'release':
        return flag ? { kind: asked, key, reservation } : { kind: asked, key, reservation, micros };
      case 'void': {
        const name = choice % 97 === 0 ? NOBODY : (usage[choice % usage.length] ?? NOBODY);
        return { kind: asked, key: flag ? key : `v${name}`, usage: name };
      }
      case 'repeat':
        return this.asked[choice % this.asked.length] ?? { kind: 'debit', key, micros, person, tax: false };
      case 'reuse':
        return { kind: 'debit', key: this.anyKey(choice) ?? key, micros, person, tax: false };
    }
  }

  private use({ micros, pick: choice, twist, ...said }: UsageDraft): Usage {
    const earlier = this.used[choice % this.used.length];
    // What waits is paid in the order of its use, not of its coming; each moment comes once, so that there is one order.
    const occurredAt = USED_SINCE_MS + (choice % 5) * DAY_MS + this.used.length;
    const price = micros === null ? null : BigInt(micros);
    const fresh: Usage = { kind: 'usage', key: `u${this.used.length}`, micros: price, occurredAt, ...said };
    if (twist === 'repeat' && earlier) return { ...earlier, micros: price };
    if (twist === 'reuse') return { ...fresh, key: this.anyKey(choice) ?? fresh.key };
    return fresh;
  }

  /** A key that was used before, by whatever. */
  private anyKey(choice: number): string | undefined {
    const all: { key: string }[] = choice % 2 === 0 ? this.asked : this.used;
    return all[choice % all.length]?.key;
  }
}
