import type { EventEnvelope } from '@leadwire/contracts';

/** A message that nobody could handle, as it came. */
export type DeadLetter = {
  consumer: string;
  eventId: string | null;
  eventType: string | null;
  tenantId: string | null;
  subject: string;
  payload: string;
  headers: Record<string, string>;
  reason: string;
  deliveries: number;
};

/**
 * Makes handling exactly once in effect: notes in one transaction which events a consumer has handled and what it did.
 * Implemented by the persistence library; `Db` is what handlers write with.
 */
export abstract class EventInbox<Db = unknown> {
  /** Runs `work` with those of `events` (all of one tenant) that `consumer` has not handled before, if any. */
  abstract handle(
    consumer: string,
    events: EventEnvelope<object>[],
    work: (fresh: EventEnvelope<object>[], db: Db) => Promise<void>,
  ): Promise<void>;

  abstract bury(letter: DeadLetter): Promise<void>;
}
