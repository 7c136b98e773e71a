import { jetstreamManager } from '@nats-io/jetstream';
import { ensureStreams, EVENTS_STREAM, type NatsConnection } from '@leadwire/messaging';

/** The oldest and the newest place that the stream keeps; creates it when this is the first process of a new instance. */
export async function streamEnds(nats: NatsConnection): Promise<{ first: number; last: number }> {
  const manager = await jetstreamManager(nats);
  const info = await manager.streams.info(EVENTS_STREAM).catch(async () => {
    await ensureStreams(nats);
    return manager.streams.info(EVENTS_STREAM);
  });
  return { first: info.state.first_seq, last: info.state.last_seq };
}

/** Place and time of the newest event on these subjects, when there is one. */
export async function newestOf(
  nats: NatsConnection,
  subjects: string,
): Promise<{ seq: number; time: Date } | undefined> {
  const manager = await jetstreamManager(nats);
  const newest = await manager.streams.getMessage(EVENTS_STREAM, { last_by_subj: subjects });
  return newest ? { seq: newest.seq, time: newest.time } : undefined;
}
