import { envelopeOf, headersOf } from '@leadwire/messaging';
import type { TokenSigner } from '@leadwire/security';
import type { JsMsg } from '@nats-io/jetstream';
import type { Frame } from './sse-connection.js';

/** An event as it goes over the wire, and what decides who is told of it. */
export type EventFrame = Frame & {
  service: string;
  aggregate: string;
  /** Whom the event is about, where it is about a person. */
  person: () => string | undefined;
};

/** What the places in a tenant's stream are signed for. */
export function purposeOf(tenantId: string): string {
  return `events|${tenantId}`;
}

/** A CloudEvent in JSON; the data goes on as the bytes that the service published. Undefined for what is no event of ours. */
export function frameOf(msg: JsMsg, signer: TokenSigner): EventFrame | undefined {
  const envelope = envelopeOf(headersOf(msg));
  if (!envelope) return undefined;
  const { type, occurredAt: time, aggregateId: subject, aggregateVersion, tenantId } = envelope;
  const [service = '', aggregate = ''] = type.split('.');
  const attributes = {
    specversion: '1.0',
    id: envelope.id,
    source: `/leadwire/${service}`,
    type,
    time,
    subject,
    aggregateversion: aggregateVersion,
    actor: envelope.actor,
    userid: envelope.userId,
    correlationid: envelope.correlationId,
  };
  const data = Buffer.from(msg.data)
    .toString()
    .replaceAll(/[\r\n]/g, ' ');
  const json = `${JSON.stringify(attributes).slice(0, -1)},"data":${data}}`;
  const place = signer.seal(purposeOf(tenantId), msg.seq);
  return {
    seq: msg.seq,
    text: `id: ${place}\nevent: ${type}\ndata: ${json}\n\n`,
    service,
    aggregate,
    person: () => personIn(data),
  };
}

function personIn(data: string): string | undefined {
  const { userId } = JSON.parse(data) as { userId?: unknown };
  return typeof userId === 'string' ? userId : undefined;
}
