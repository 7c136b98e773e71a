import {
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  DiscardPolicy,
  type JetStreamManager,
} from '@nats-io/jetstream';
import { EVENT_BYTES_MAX } from '@leadwire/kernel';
import { nanos, type NatsConnection } from '@nats-io/transport-node';

/** All facts of all services. */
export const EVENTS_STREAM = 'EVENTS';
/** Messages that a consumer could not handle, kept for browsing and redriving. */
export const DLQ_STREAM = 'DLQ';

const DAY_MS = 86_400_000;
const EVENTS_MAX_AGE_MS = 7 * DAY_MS;
const DLQ_MAX_AGE_MS = 30 * DAY_MS;
/** Covers a relay that dies between a PubAck and marking the row; the inbox is the real dedupe. */
const DUPLICATE_WINDOW_MS = 120_000;
const HEADER_ROOM_BYTES = 8 * 1024;

/** Creates the streams that are missing; safe to call from every process at every start. */
export async function ensureStreams(nats: NatsConnection, replicas = 1): Promise<void> {
  const manager = await jetstreamManager(nats);
  await ensure(manager, EVENTS_STREAM, 'evt.>', EVENTS_MAX_AGE_MS, replicas);
  await ensure(manager, DLQ_STREAM, 'dlq.>', DLQ_MAX_AGE_MS, replicas);
}

async function ensure(
  manager: JetStreamManager,
  name: string,
  subject: string,
  maxAgeMs: number,
  replicas: number,
) {
  const wanted = {
    name,
    subjects: [subject],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.Old,
    max_age: nanos(maxAgeMs),
    duplicate_window: nanos(DUPLICATE_WINDOW_MS),
    max_msg_size: EVENT_BYTES_MAX + HEADER_ROOM_BYTES,
    num_replicas: replicas,
  };
  const info = await manager.streams.add(wanted).catch(async (error: Error) => {
    // Another version of us made it with other settings: bring it to ours rather than refuse to start.
    if (!/already in use/.test(error.message)) throw error;
    return manager.streams.update(name, wanted);
  });
  // Old servers drop settings that they do not know without a word; better to hear of it at start.
  if (
    Number(info.config.duplicate_window) !== wanted.duplicate_window ||
    info.config.max_age !== wanted.max_age
  ) {
    throw new Error(`The broker did not keep the settings of stream ${name}: ${JSON.stringify(info.config)}`);
  }
}
