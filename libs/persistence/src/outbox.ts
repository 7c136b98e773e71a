import type { OutboxMessage } from '@leadwire/messaging';

/** One row of an outbox as the relay reads it. */
export type OutboxRow = OutboxMessage & { seq: string; retryCount: number };

/** Told after each commit that wrote events, so that they leave at once instead of at the next poll. */
export abstract class OutboxSignal {
  abstract nudge(): void;
}
