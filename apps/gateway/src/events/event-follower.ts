import { DeliverPolicy, jetstream, type ConsumerMessages, type JsMsg } from '@nats-io/jetstream';
import { EVENTS_STREAM, type NatsConnection } from '@leadwire/messaging';
import type { Logger } from '@leadwire/platform';
import type { QueuedIterator, Status } from '@nats-io/transport-node';
import { streamEnds } from './stream-places.js';

/** Where to begin: after a place in the stream, at a moment, or with what comes next. */
export type From = { after: number } | { time: Date } | 'now';

export type FollowOptions = {
  /** One subject with wildcards. */
  filter: string;
  from: From;
  take: (msg: JsMsg) => void;
};

const RETRY_MS = 200;
const PULL_MESSAGES = 500;

/**
 * Reads events in the order of the stream without keeping anything at the broker, and goes on after the last one read when
 * the broker was away. For looking on only: nothing is acknowledged.
 */
export class EventFollower {
  private messages: ConsumerMessages | undefined;
  private next: { seq: number } | { time: Date };
  private readonly waiting = new Set<{ seq: number; reached: () => void }>();
  private running: Promise<void> | undefined;
  private readonly changes: QueuedIterator<Status>;
  private stopped = false;

  constructor(
    private readonly nats: NatsConnection,
    private readonly logger: Logger,
    private readonly options: FollowOptions,
  ) {
    const { from } = options;
    this.next =
      from === 'now' ? { time: new Date() } : 'after' in from ? { seq: from.after + 1 } : { time: from.time };
    this.changes = nats.status() as QueuedIterator<Status>;
    void this.beginAnewAfterLoss();
  }

  /** Resolves when the first place to read from is settled; reading itself goes on in the background. */
  async start(): Promise<void> {
    if (this.options.from === 'now') this.next = { seq: (await streamEnds(this.nats)).last + 1 };
    this.running = this.read();
  }

  /**
   * Resolves once the event at `seq` has been taken.
   * @throws Error when that does not happen in time
   */
  async passed(seq: number, deadlineMs: number): Promise<void> {
    if ('seq' in this.next && this.next.seq > seq) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter = { seq, reached: resolve };
    this.waiting.add(waiter);
    const timer = setTimeout(
      () => reject(new Error(`event ${seq} of ${this.options.filter} was not read in ${deadlineMs} ms`)),
      deadlineMs,
    );
    await promise.finally(() => {
      clearTimeout(timer);
      this.waiting.delete(waiter);
    });
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.changes.stop();
    this.messages?.stop();
    await this.running;
  }

  // A broker that came back does not know our reader any more; its silence would be noticed only after half a minute.
  private async beginAnewAfterLoss(): Promise<void> {
    for await (const { type } of this.changes) if (type === 'reconnect') this.messages?.stop();
  }

  private async read(): Promise<void> {
    while (!this.stopped) {
      try {
        await this.readOnce();
      } catch (err) {
        if (this.stopped) return;
        this.logger.debug({ err, filter: this.options.filter }, 'events cannot be followed right now');
      }
      if (!this.stopped) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  private async readOnce(): Promise<void> {
    const start =
      'seq' in this.next
        ? { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: this.next.seq }
        : { deliver_policy: DeliverPolicy.StartTime, opt_start_time: this.next.time.toISOString() };
    const consumer = await jetstream(this.nats).consumers.get(EVENTS_STREAM, {
      filter_subjects: this.options.filter,
      ...start,
    });
    const messages = await consumer.consume({ max_messages: PULL_MESSAGES });
    this.messages = messages;
    if (this.stopped) messages.stop();
    try {
      for await (const msg of messages) {
        this.next = { seq: msg.seq + 1 };
        this.options.take(msg);
        for (const waiter of this.waiting) if (waiter.seq <= msg.seq) waiter.reached();
      }
    } finally {
      await consumer.delete().catch(() => undefined);
    }
  }
}
