import { refTo, type EventType, type JsonSchema } from '@leadwire/contracts';
import type { DeclaredConsumer } from '@leadwire/messaging';

const text = (description: string): JsonSchema => ({ type: 'string', description });

/** CloudEvents 1.0, binary mode: the attributes as headers, extensions of ours among them. */
const HEADERS: JsonSchema = {
  type: 'object',
  properties: {
    'ce-specversion': { type: 'string', enum: ['1.0'] },
    'ce-id': {
      type: 'string',
      format: 'uuid',
      description: 'Id of the event; a repeat carries the same one.',
    },
    'ce-source': text('`/leadwire/<service>`.'),
    'ce-type': text('`<service>.<aggregate>.<event>`.'),
    'ce-time': { type: 'string', format: 'date-time', description: 'When it happened.' },
    'ce-subject': { type: 'string', format: 'uuid', description: 'Id of the aggregate.' },
    'ce-datacontenttype': { type: 'string', enum: ['application/json'] },
    'ce-tenantid': { type: 'string', format: 'uuid' },
    'ce-aggregateversion': text(
      'Rises with each event of a versioned aggregate; 0 where order does not matter.',
    ),
    'ce-actor': { type: 'string', enum: ['user', 'api-key', 'system', 'anonymous'] },
    'ce-userid': { type: 'string', format: 'uuid', description: 'Who did it, where a person did.' },
    'ce-correlationid': text('Shared by everything that follows from one request.'),
    'ce-causationid': text('The event that led to this one.'),
    traceparent: text('W3C Trace Context.'),
    'Nats-Msg-Id': {
      type: 'string',
      format: 'uuid',
      description: 'The id again: JetStream drops repeats by it.',
    },
  },
  required: ['ce-specversion', 'ce-id', 'ce-source', 'ce-type', 'ce-time', 'ce-subject', 'ce-tenantid'],
};

/** The AsyncAPI 3 document of these events: one channel each, who sends to it and who receives from it. */
export function asyncApiOf(events: readonly EventType[], consumers: readonly DeclaredConsumer[]): object {
  const schemas = new Map<string, JsonSchema>();
  const channels: Record<string, object> = {};
  const messages: Record<string, object> = {};
  const operations: Record<string, object> = {};
  for (const { type, description, service, data } of events) {
    const channel = { $ref: `#/channels/${type}` };
    messages[type] = {
      name: type,
      title: type,
      summary: description,
      contentType: 'application/json',
      headers: { $ref: '#/components/schemas/EventHeaders' },
      payload: refTo(data, schemas),
    };
    channels[type] = {
      address: `evt.${type}.{tenantId}`,
      description,
      parameters: {
        tenantId: { description: 'Tenant that it happened in; last, so that it can be filtered.' },
      },
      messages: { event: { $ref: `#/components/messages/${type}` } },
    };
    operations[`${service}.sends.${type}`] = {
      action: 'send',
      channel,
      title: `${service} sends`,
      summary: description,
    };
    for (const { consumer } of consumers.filter((other) =>
      other.events.some((event) => event.type === type),
    )) {
      operations[`${consumer}.receives.${type}`] = {
        action: 'receive',
        channel,
        title: `${consumer} receives`,
      };
    }
  }
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Leadwire events',
      version: '1',
      description:
        'Facts that the services tell each other, on the JetStream stream EVENTS. At least once on the wire; consumers make it exactly once in effect.',
    },
    defaultContentType: 'application/json',
    servers: {
      nats: { host: '{host}', protocol: 'nats', variables: { host: { default: '127.0.0.1:4222' } } },
    },
    channels,
    operations,
    components: {
      messages,
      schemas: {
        EventHeaders: HEADERS,
        ...Object.fromEntries([...schemas].sort(([a], [b]) => a.localeCompare(b))),
      },
    },
  };
}
