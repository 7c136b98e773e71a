import type { Actor } from '@leadwire/kernel';
import type { Class } from './schema.js';

/** What a fact carries besides its data. */
export type EventEnvelope<D> = Readonly<{
  id: string;
  type: string;
  tenantId: string;
  aggregateId: string;
  /** Rises by at least one with each event of an aggregate that declares versions; 0 where order does not matter. */
  aggregateVersion: number;
  actor: Actor;
  userId: string | null;
  correlationId: string;
  causationId: string | null;
  traceparent: string;
  occurredAt: string;
  data: D;
}>;

/** A kind of fact that a service tells the world. */
export type EventType<D extends object = object> = {
  /** `<service>.<aggregate>.<event>`, e.g. `leads.lead.note-added`. */
  type: string;
  service: string;
  aggregate: string;
  event: string;
  data: Class<D>;
  description: string;
};

export type EventOf<E> = E extends EventType<infer D> ? EventEnvelope<D> : never;

const EVENTS = new Map<string, EventType>();
const TOKEN = /^[a-z][a-z0-9-]*$/;

/**
 * Declares a fact: a past-tense name and its data. Publishing and handling are typed from it, and the event documents are
 * generated from it. A breaking change is a new event (`note-added-v2`), published beside the old one for a while.
 */
export function defineEvent<D extends object>(
  type: string,
  data: Class<D>,
  description: string,
): EventType<D> {
  const [service, aggregate, event, ...rest] = type.split('.');
  if (
    !service ||
    !aggregate ||
    !event ||
    rest.length > 0 ||
    ![service, aggregate, event].every((t) => TOKEN.test(t))
  ) {
    throw new Error(`An event is called <service>.<aggregate>.<event>, not ${type}.`);
  }
  if (EVENTS.has(type)) throw new Error(`The event ${type} is declared twice.`);
  const declared = { type, service, aggregate, event, data, description };
  EVENTS.set(type, declared as EventType);
  return declared;
}

/** Every event declared so far, for documents and tests. */
export function allEvents(): EventType[] {
  return [...EVENTS.values()];
}

/** The subject of one event: tenant last, so that it can be filtered by service, by kind and by tenant alike. */
export function subjectOf(type: string, tenantId: string): string {
  return `evt.${type}.${tenantId}`;
}
