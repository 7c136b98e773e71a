import type { EventType } from '@leadwire/contracts';
import { newId } from '@leadwire/kernel';
import { eventHeaders, JetStreamPublisher, subjectFor, type NatsConnection } from '@leadwire/messaging';

/** Publishes a fact as the relay of the service that owns it would. */
export async function publishEvent<D extends object>(
  nats: NatsConnection,
  { type }: EventType<D>,
  fact: { tenantId: string; aggregateId?: string; data: D; occurredAt?: Date },
): Promise<string> {
  const id = newId();
  const message = {
    id,
    type,
    tenantId: fact.tenantId,
    aggregateId: fact.aggregateId ?? newId(),
    payload: JSON.stringify(fact.data),
    occurredAt: (fact.occurredAt ?? new Date()).toISOString(),
    metadata: {
      version: 1,
      actor: 'system' as const,
      userId: null,
      correlationId: id,
      causationId: null,
      traceparent: '',
    },
  };
  const publisher = new JetStreamPublisher(nats);
  const [outcome] = await publisher.publish([
    { subject: subjectFor(message), headers: eventHeaders(message), payload: message.payload },
  ]);
  await publisher.close();
  if (outcome?.status !== 'stored') throw new Error(JSON.stringify(outcome));
  return id;
}
