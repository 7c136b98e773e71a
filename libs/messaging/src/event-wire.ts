import { subjectOf, type EventEnvelope } from '@leadwire/contracts';
import type { Actor } from '@leadwire/kernel';
import { headers, type MsgHdrs } from '@nats-io/transport-node';

/** A row of an outbox, ready to be published: its payload is passed through as the JSON text that Postgres holds. */
export type OutboxMessage = {
  id: string;
  tenantId: string;
  type: string;
  aggregateId: string;
  payload: string;
  occurredAt: string;
  metadata: EventMetadata;
};

export type EventMetadata = {
  version: number;
  actor: Actor;
  userId: string | null;
  correlationId: string;
  causationId: string | null;
  traceparent: string;
};

export function subjectFor(message: OutboxMessage): string {
  return subjectOf(message.type, message.tenantId);
}

/**
 * CloudEvents 1.0, NATS binding, binary mode: attributes as `ce-` headers, data as the body. Extensions of ours are
 * lower-case alphanumeric, as the specification demands.
 */
export function eventHeaders({
  id,
  tenantId,
  type,
  aggregateId,
  occurredAt,
  metadata,
}: OutboxMessage): MsgHdrs {
  const out = headers();
  out.set('Nats-Msg-Id', id);
  out.set('ce-specversion', '1.0');
  out.set('ce-id', id);
  out.set('ce-source', `/leadwire/${type.slice(0, type.indexOf('.'))}`);
  out.set('ce-type', type);
  out.set('ce-time', occurredAt);
  out.set('ce-subject', aggregateId);
  out.set('ce-datacontenttype', 'application/json');
  out.set('ce-tenantid', tenantId);
  out.set('ce-aggregateversion', String(metadata.version));
  out.set('ce-actor', metadata.actor);
  if (metadata.userId) out.set('ce-userid', metadata.userId);
  out.set('ce-correlationid', metadata.correlationId);
  if (metadata.causationId) out.set('ce-causationid', metadata.causationId);
  out.set('traceparent', metadata.traceparent);
  return out;
}

/** The envelope of a received message without its data, or undefined when it is none of our events. */
export function envelopeOf(
  msgHeaders: MsgHdrs | undefined,
): Omit<EventEnvelope<unknown>, 'data'> | undefined {
  const id = msgHeaders?.get('ce-id');
  const type = msgHeaders?.get('ce-type');
  const tenantId = msgHeaders?.get('ce-tenantid');
  if (!msgHeaders || !id || !type || !tenantId) return undefined;
  return {
    id,
    type,
    tenantId,
    aggregateId: msgHeaders.get('ce-subject'),
    aggregateVersion: Number(msgHeaders.get('ce-aggregateversion')) || 0,
    actor: (msgHeaders.get('ce-actor') || 'system') as Actor,
    userId: msgHeaders.get('ce-userid') || null,
    correlationId: msgHeaders.get('ce-correlationid') || id,
    causationId: msgHeaders.get('ce-causationid') || null,
    traceparent: msgHeaders.get('traceparent'),
    occurredAt: msgHeaders.get('ce-time'),
  };
}
