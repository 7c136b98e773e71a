import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import {
  AckPolicy,
  DeliverPolicy,
  jetstream,
  jetstreamManager,
  type ConsumerMessages,
  type JsMsg,
} from '@nats-io/jetstream';
import { nanos, type NatsConnection } from '@nats-io/transport-node';
import { ConsumerLane, type LaneHandler } from './consumer-lane.js';
import { EVENTS_TRANSPORT, type ConsumesExtras } from './consumes.js';
import type { EventInbox } from './inbox.js';
import { JetStreamPublisher } from './publisher.js';
import { ensureStreams, EVENTS_STREAM } from './topology.js';

/** A delivery that is not settled in this time is given to another replica. */
const ACK_WAIT_MS = 60_000;
/** Messages of one consumer that may be under way at once, over all replicas. */
const ACK_PENDING_MAX = 10_000;
const PULL_MESSAGES = 1_000;
const RETRY_OPEN_MS = 500;

export type ConsumerObserver = {
  /** `seconds` per event of a batch; `age` of its oldest, in seconds since it happened. */
  handled: (consumer: string, type: string, seconds: number, age: number) => void;
  redelivered: (consumer: string) => void;
  buried: (consumer: string) => void;
  failed: (consumer: string, type: string, error: unknown) => void;
};

export type EventServerOptions = {
  nats: NatsConnection;
  inbox: EventInbox;
  observe: ConsumerObserver;
  /** Waits before each new try, in milliseconds; when they are used up, the message is a dead letter. */
  retryDelaysMs?: readonly number[];
};

/** A handler that keeps failing is tried for about an hour before its message is buried. */
const RETRY_DELAYS_MS = [1_000, 5_000, 15_000, 60_000, 300_000, 900_000, 2_400_000] as const;

/**
 * Nest transport for facts: one durable JetStream pull consumer per `@Consumes` class. Messages are split into lanes by
 * tenant, so that one tenant's backlog never delays another's and the events of one aggregate are handled in order.
 */
export class EventServer extends Server implements CustomTransportStrategy {
  override readonly transportId = EVENTS_TRANSPORT as never;
  override readonly propagatesEventHandlerErrors = true;
  private readonly loops: Promise<void>[] = [];
  private readonly open = new Set<ConsumerMessages>();
  private readonly lanes: ConsumerLane[] = [];
  private readonly publisher: JetStreamPublisher;
  private closing = false;

  constructor(private readonly options: EventServerOptions) {
    super();
    this.publisher = new JetStreamPublisher(options.nats);
  }

  listen(callback: (error?: unknown) => void): void {
    this.start().then(() => callback(), callback);
  }

  /** Stops pulling, lets what is being handled finish and be acknowledged. */
  async close(): Promise<void> {
    this.closing = true;
    for (const messages of this.open) messages.stop();
    await Promise.all(this.loops);
    await Promise.all(this.lanes.map((lane) => lane.idle()));
    await this.publisher.close();
  }

  on(): never {
    throw new Error('The event transport has no events of its own.');
  }

  unwrap<T>(): T {
    return this.options.nats as T;
  }

  private async start(): Promise<void> {
    await ensureStreams(this.options.nats);
    for (const [consumer, handlers] of this.consumers()) {
      await this.ensureConsumer(consumer, handlers);
      const lane = new ConsumerLane(consumer, handlers, {
        ...this.options,
        publisher: this.publisher,
        retryDelaysMs: this.options.retryDelaysMs ?? RETRY_DELAYS_MS,
      });
      this.lanes.push(lane);
      this.loops.push(this.pump(consumer, handlers, lane));
    }
  }

  private consumers(): Map<string, Map<string, LaneHandler>> {
    const byConsumer = new Map<string, Map<string, LaneHandler>>();
    for (const handler of this.getHandlers().values() as Iterable<MessageHandler>) {
      const { consumer, event, batch } = handler.extras as ConsumesExtras;
      const handlers = byConsumer.get(consumer) ?? new Map<string, LaneHandler>();
      handlers.set(event.type, { event, batch, handle: handler });
      byConsumer.set(consumer, handlers);
    }
    return byConsumer;
  }

  private async ensureConsumer(consumer: string, handlers: Map<string, LaneHandler>): Promise<void> {
    const manager = await jetstreamManager(this.options.nats);
    const changeable = {
      ack_wait: nanos(ACK_WAIT_MS),
      max_ack_pending: ACK_PENDING_MAX,
      filter_subject: narrowestFilter([...handlers.keys()]),
    };
    const found = await manager.consumers.info(EVENTS_STREAM, consumer).catch(() => undefined);
    if (found) {
      // Another version of us may have listened to other events; what has been read stays read.
      await manager.consumers.update(EVENTS_STREAM, consumer, changeable);
      return;
    }
    await manager.consumers.add(EVENTS_STREAM, {
      durable_name: consumer,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.All,
      // We count tries ourselves, so that a message is never dropped by the broker without a dead letter.
      max_deliver: -1,
      ...changeable,
    });
  }

  // A consumer vanishes when the broker loses its store: make it again and read on; the inbox skips what was handled.
  private async pump(
    consumer: string,
    handlers: Map<string, LaneHandler>,
    lane: ConsumerLane,
  ): Promise<void> {
    while (!this.closing) {
      try {
        const handle = await jetstream(this.options.nats).consumers.get(EVENTS_STREAM, consumer);
        const messages = await handle.consume({ max_messages: PULL_MESSAGES });
        this.open.add(messages);
        // It may have been told to stop while it was beginning.
        if (this.closing) messages.stop();
        watchForLoss(messages);
        for await (const msg of messages) {
          const room = lane.take(msg as JsMsg);
          if (room) await room;
        }
        this.open.delete(messages);
      } catch (error) {
        if (this.closing) return;
        this.options.observe.failed(consumer, 'consume', error);
      }
      if (this.closing) return;
      await new Promise((resolve) => setTimeout(resolve, RETRY_OPEN_MS));
      await ensureStreams(this.options.nats).catch(() => undefined);
      await this.ensureConsumer(consumer, handlers).catch(() => undefined);
    }
  }
}

// Without this the iterator waits for ever on a stream or consumer that no longer exists.
function watchForLoss(messages: ConsumerMessages): void {
  void (async () => {
    for await (const status of messages.status()) {
      if (
        status.type === 'consumer_deleted' ||
        status.type === 'stream_not_found' ||
        status.type === 'consumer_not_found'
      ) {
        messages.stop();
      }
    }
  })();
}

/** Servers before 2.10 take one filter per consumer: the narrowest subject that covers all its events. */
export function narrowestFilter(types: string[]): string {
  const split = types.map((type) => type.split('.'));
  const [first = []] = split;
  const tokens = first.map((token, i) => (split.every((other) => other[i] === token) ? token : '*'));
  return `evt.${tokens.join('.')}.*`;
}
