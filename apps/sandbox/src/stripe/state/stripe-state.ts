import type { Clock } from '@leadwire/kernel';
import { StripeChange, type ChangeCause } from './stripe-change.js';
import { StripeJournal } from './stripe-journal.js';
import type { Hidden, Kind, StripeEvent, StripeObject, StripeObjects } from './stripe-objects.js';

/** Objects kept of each kind; the oldest go first. */
const OBJECTS_MAX = 20_000;
const KEYS_MAX = 20_000;
/** Stripe may forget a key after a day; then the same request is executed again. */
export const KEY_LIFETIME_MS = 24 * 3_600_000;

/** The answer that a key stands for. */
export type KeyedAnswer = { hash: string; status: number; body: string; requestId: string; at: number };

export type Entry = { value: StripeObject; hidden: Hidden };
type Line = { puts?: Entry[]; key?: [string, KeyedAnswer] };

/** The account: all its objects, and the answers under their idempotency keys; in a journal too when a folder is given. */
export class StripeState {
  private readonly entries = new Map<Kind, Map<string, Entry>>();
  private readonly keys = new Map<string, KeyedAnswer>();
  private journal: StripeJournal | undefined;
  private readonly listeners: ((event: StripeEvent) => void)[] = [];
  /** Whether a new event is still to be sent to somebody. */
  sendsWebhooks: () => boolean = () => false;

  private constructor(readonly clock: Clock) {}

  /** @param dir where the account outlives the process; when empty it lives in memory only */
  static open(dir: string, clock: Clock): StripeState {
    const state = new StripeState(clock);
    if (!dir) return state;
    state.journal = StripeJournal.open(
      dir,
      () => state.snapshot(),
      (line) => state.apply(line),
    );
    return state;
  }

  /** Lines of the journal that could not be read at the start. */
  get unreadable(): number {
    return this.journal?.unreadable ?? 0;
  }

  /** Stripe's time: whole seconds. */
  get now(): number {
    return Math.floor(this.clock.now().getTime() / 1000);
  }

  /** Tells of each new event once it is kept. */
  onEvent(listener: (event: StripeEvent) => void): void {
    this.listeners.push(listener);
  }

  /** Begins a change; nothing of it is there before {@link commit}. */
  change(cause: ChangeCause | null = null): StripeChange {
    return new StripeChange(this, cause);
  }

  /** Runs a change that no request of the API asked for, whole or not at all. */
  run<T>(work: (change: StripeChange) => T): T {
    const change = this.change();
    const result = work(change);
    this.commit(change);
    return result;
  }

  /** Keeps a change and the answer it ended with. @throws when the journal cannot be written: then nothing has happened */
  commit(change: StripeChange, key?: [string, KeyedAnswer]): void {
    const puts = change.puts();
    if (puts.length === 0 && !key) return;
    const line: Line = { puts, key };
    this.journal?.append(line);
    this.apply(line);
    for (const event of change.events()) for (const listener of this.listeners) listener(event);
  }

  get<K extends Kind>(kind: K, id: string): StripeObjects[K] | undefined {
    return this.entry(kind, id)?.value as StripeObjects[K] | undefined;
  }

  entry(kind: Kind, id: string): Entry | undefined {
    return this.entries.get(kind)?.get(id);
  }

  /** All of a kind, newest first. */
  all<K extends Kind>(kind: K): StripeObjects[K][] {
    return [...(this.entries.get(kind)?.values() ?? [])]
      .map(({ value }) => value as StripeObjects[K])
      .reverse();
  }

  count(kind: Kind): number {
    return this.entries.get(kind)?.size ?? 0;
  }

  answerUnder(key: string): KeyedAnswer | undefined {
    const answer = this.keys.get(key);
    if (!answer) return undefined;
    return this.clock.now().getTime() - answer.at < KEY_LIFETIME_MS ? answer : undefined;
  }

  /** Forgets everything, also on disk. */
  clear(): void {
    this.entries.clear();
    this.keys.clear();
    this.journal?.rewrite();
  }

  close(): void {
    this.journal?.close();
  }

  private apply({ puts, key }: Line): void {
    for (const entry of puts ?? []) this.keep(entry);
    if (!key) return;
    this.keys.delete(key[0]);
    this.keys.set(...key);
    forgetOldest(this.keys, KEYS_MAX);
  }

  private keep(entry: Entry): void {
    const kind = entry.value.object;
    const known = this.entries.get(kind) ?? new Map<string, Entry>();
    this.entries.set(kind, known.set(entry.value.id, entry));
    forgetOldest(known, OBJECTS_MAX);
  }

  private *snapshot(): Iterable<Line> {
    for (const known of this.entries.values()) for (const entry of known.values()) yield { puts: [entry] };
    for (const key of this.keys) if (this.answerUnder(key[0])) yield { key };
  }
}

function forgetOldest(known: Map<string, unknown>, max: number): void {
  for (const id of known.keys()) {
    if (known.size <= max) return;
    known.delete(id);
  }
}
