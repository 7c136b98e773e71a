import { JetStreamApiError, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { EVENTS_STREAM } from './topology.js';

const NO_MESSAGE = 10037;

/**
 * Takes the facts of a tenant off the stream that were published before the newest one on `subject`. Consumers that have not read
 * them never will: for tenants that are erased only.
 * @returns how many went; none when there is nothing on `subject`
 */
export async function purgeEventsBefore(
  nats: NatsConnection,
  subject: string,
  tenantId: string,
): Promise<number> {
  const { streams } = await jetstreamManager(nats);
  const last = await streams.getMessage(EVENTS_STREAM, { last_by_subj: subject }).catch((error: unknown) => {
    if (error instanceof JetStreamApiError && error.code === NO_MESSAGE) return null;
    throw error;
  });
  if (!last) return 0;
  // Subjects are evt.<service>.<aggregate>.<event>.<tenant>.
  const { purged } = await streams.purge(EVENTS_STREAM, { filter: `evt.*.*.*.${tenantId}`, seq: last.seq });
  return purged;
}
