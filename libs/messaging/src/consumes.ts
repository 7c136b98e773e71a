import { Controller, UseFilters } from '@nestjs/common';
import { Ctx as TransportCtx, EventPattern, Payload } from '@nestjs/microservices';
import type { EventType } from '@leadwire/contracts';
import { AsItIsFilter } from './serves.js';

/** Marks handlers of our JetStream transport, so that Nest gives them to no other. */
export const EVENTS_TRANSPORT = Symbol('leadwire:events');

export type OnOptions = {
  /** Hand over up to this many events of one tenant at once, in order, in one transaction: `(events, db)`. */
  batch?: number;
};
export type ConsumesExtras = { event: EventType; batch: number; consumer: string };

const HANDLERS = Symbol('leadwire:handlers');
type Declared = { name: string; event: EventType; options: OnOptions };

/**
 * Handles an event inside a {@link Consumes} class: `(event, db)`, or `(events, db)` with `batch`. Inbox row, tenant and
 * transaction are there when the handler starts; what it throws decides between a later try and the dead letters.
 */
export function On<D extends object>(event: EventType<D>, options: OnOptions = {}): MethodDecorator {
  return (target, key) => {
    const declared = ((target as never)[HANDLERS] as Declared[] | undefined) ?? [];
    declared.push({ name: String(key), event: event as unknown as EventType, options });
    Object.defineProperty(target, HANDLERS, { value: declared, configurable: true });
  };
}

/** Who handles which events: what the event documents show. */
export type DeclaredConsumer = { consumer: string; events: EventType[] };

const CONSUMERS: DeclaredConsumer[] = [];

/** Every consumer whose class this process has loaded. */
export function allConsumers(): readonly DeclaredConsumer[] {
  return CONSUMERS;
}

/**
 * Declares a durable consumer and the handlers of its events.
 * @param consumer `<service>__<purpose>`; it names the durable, so renaming it reads all kept events again.
 */
export function Consumes(consumer: string): ClassDecorator {
  return (target) => {
    const proto = target.prototype as object;
    const handlers = ((proto as never)[HANDLERS] as Declared[] | undefined) ?? [];
    CONSUMERS.push({ consumer, events: handlers.map(({ event }) => event) });
    for (const { name, event, options } of handlers) {
      const descriptor = Object.getOwnPropertyDescriptor(proto, name) as PropertyDescriptor;
      Payload()(proto, name, 0);
      TransportCtx()(proto, name, 1);
      const extras: ConsumesExtras = { event, batch: options.batch ?? 1, consumer };
      EventPattern(`${consumer}:${event.type}`, EVENTS_TRANSPORT as never, extras)(proto, name, descriptor);
    }
    Controller()(target);
    UseFilters(AsItIsFilter)(target);
  };
}
