import { subjectOf, type EventEnvelope } from '@leadwire/contracts';
import type { Actor } from '@leadwire/kernel';
import { MsgHdrsImpl, type MsgHdrs } from '@nats-io/transport-node';

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

/** The subject that an outbox row is published on. */
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
  const out: Record<string, string[]> = {
    'Nats-Msg-Id': [id],
    'ce-specversion': ['1.0'],
    'ce-id': [id],
    'ce-source': [`/leadwire/${type.slice(0, type.indexOf('.'))}`],
    'ce-type': [type],
    'ce-time': [occurredAt],
    'ce-subject': [aggregateId],
    'ce-datacontenttype': ['application/json'],
    'ce-tenantid': [tenantId],
    'ce-aggregateversion': [String(metadata.version)],
    'ce-actor': [metadata.actor],
    'ce-correlationid': [oneLine(metadata.correlationId)],
    traceparent: [oneLine(metadata.traceparent)],
  };
  if (metadata.userId) out['ce-userid'] = [metadata.userId];
  if (metadata.causationId) out['ce-causationid'] = [metadata.causationId];
  // Setting them one by one looks through all that are there each time, which took half of the relay's time.
  return MsgHdrsImpl.fromRecord(out);
}

// The two that a caller of ours brings along; a line break in them would be the end of the header.
function oneLine(value: string): string {
  return value.replaceAll(/[\r\n]/g, ' ').trim();
}

/** Headers by their names, as they came. */
export type HeaderLines = Iterable<[string, string[]]>;

// What the client keeps of a message before anybody asks for its headers; @nats-io/nats-core 3.4.
type RawMessage = { _rdata?: unknown; _msg?: { hdr?: unknown } };

/**
 * The headers of a received message. The client's own decoding looks through all names again for each new one (20 µs for an event
 * of ours, which is more than all else of receiving it), so they are read from the bytes where those can be had.
 */
export function headersOf(message: { headers?: MsgHdrs }): HeaderLines | undefined {
  const { msg: raw = message } = message as { msg?: object };
  const { _rdata: bytes, _msg: place } = raw as RawMessage;
  if (!(bytes instanceof Uint8Array) || typeof place?.hdr !== 'number' || place.hdr <= 0)
    return message.headers;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, place.hdr).toString();
  const lines = new Map<string, string[]>();
  let start = text.indexOf(LINE_END) + LINE_END.length;
  for (let end = text.indexOf(LINE_END, start); end > start; end = text.indexOf(LINE_END, start)) {
    const colon = text.indexOf(':', start);
    if (colon > start && colon < end) {
      const name = text.slice(start, colon);
      const value = text.slice(colon + 1, end).trim();
      const known = lines.get(name);
      if (known) known.push(value);
      else lines.set(name, [value]);
    }
    start = end + LINE_END.length;
  }
  return lines;
}

const LINE_END = '\r\n';

/** The envelope of a received message without its data, or undefined when it is none of our events. */
export function envelopeOf(found: HeaderLines | undefined): Omit<EventEnvelope<unknown>, 'data'> | undefined {
  if (!found) return undefined;
  const values: Record<string, string | undefined> = {};
  for (const [name, [first]] of found) values[name] = first;
  const { 'ce-id': id, 'ce-type': type, 'ce-tenantid': tenantId } = values;
  if (!id || !type || !tenantId) return undefined;
  return {
    id,
    type,
    tenantId,
    aggregateId: values['ce-subject'] ?? '',
    aggregateVersion: Number(values['ce-aggregateversion']) || 0,
    actor: (values['ce-actor'] || 'system') as Actor,
    userId: values['ce-userid'] || null,
    correlationId: values['ce-correlationid'] || id,
    causationId: values['ce-causationid'] || null,
    traceparent: values.traceparent ?? '',
    occurredAt: values['ce-time'] ?? '',
  };
}
