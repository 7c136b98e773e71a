import { noSuch } from '../wire/stripe-error.js';
import {
  API_VERSION,
  newStripeId,
  type Hidden,
  type Kind,
  type StripeEvent,
  type StripeObject,
  type StripeObjects,
} from './stripe-objects.js';
import type { Entry, StripeState } from './stripe-state.js';

/** The request that a change and its events come from. */
export type ChangeCause = { id: string; idempotencyKey: string | null };

/** What an object is called in "No such …". */
const NAMES: Partial<Record<Kind, string>> = {
  payment_method: 'PaymentMethod',
  'checkout.session': 'checkout.session',
};

/** A change to the account in the making: sees its own writes, works on copies, and is kept or dropped as a whole. */
export class StripeChange {
  private readonly touched = new Map<string, Entry>();
  private readonly emitted: StripeEvent[] = [];

  constructor(
    private readonly state: StripeState,
    private readonly cause: ChangeCause | null,
  ) {}

  get now(): number {
    return this.state.now;
  }

  find<K extends Kind>(kind: K, id: string): StripeObjects[K] | undefined {
    return this.open(kind, id)?.value as StripeObjects[K] | undefined;
  }

  /** A copy that is kept with the change once it is edited. @throws resource_missing; `param` is where the id came from */
  require<K extends Kind>(kind: K, id: string, param = 'id'): StripeObjects[K] {
    const found = this.find(kind, id);
    if (!found) throw noSuch(NAMES[kind] ?? kind, id, param);
    return found;
  }

  add<T extends StripeObject>(value: T, hidden: Hidden = {}): T {
    this.touched.set(value.id, { value, hidden });
    return value;
  }

  /** What Stripe does not show of an object; edits are kept. */
  hidden(kind: Kind, id: string): Hidden {
    return this.open(kind, id)?.hidden ?? {};
  }

  /** All of a kind as they were before this change, newest first. */
  all<K extends Kind>(kind: K): StripeObjects[K][] {
    return this.state.all(kind);
  }

  /** Tells the world of an object as it is now. */
  emit(type: string, object: StripeObject, previous?: Record<string, unknown>): void {
    const event: StripeEvent = {
      id: newStripeId('event'),
      object: 'event',
      api_version: API_VERSION,
      created: this.now,
      data: { object: structuredClone(object), ...(previous ? { previous_attributes: previous } : {}) },
      livemode: false,
      pending_webhooks: this.state.sendsWebhooks() ? 1 : 0,
      request: this.cause && { id: this.cause.id, idempotency_key: this.cause.idempotencyKey },
      type,
    };
    this.emitted.push(event);
    this.add(event);
  }

  puts(): Entry[] {
    return [...this.touched.values()];
  }

  events(): StripeEvent[] {
    return this.emitted;
  }

  private open(kind: Kind, id: string): Entry | undefined {
    const touched = this.touched.get(id);
    if (touched) return touched.value.object === kind ? touched : undefined;
    const known = this.state.entry(kind, id);
    if (!known) return undefined;
    const copy = structuredClone(known);
    this.touched.set(id, copy);
    return copy;
  }
}
