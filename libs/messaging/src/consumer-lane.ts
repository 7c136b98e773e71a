import { AppError } from '@leadwire/kernel';
import { parseInput, type EventEnvelope, type EventType } from '@leadwire/contracts';
import type { MessageHandler } from '@nestjs/microservices';
import type { JsMsg } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import { isObservable, lastValueFrom } from 'rxjs';
import { envelopeOf, headersOf } from './event-wire.js';
import type { EventServerOptions } from './event-server.js';
import type { JetStreamPublisher } from './publisher.js';

export type LaneHandler = { event: EventType; batch: number; handle: MessageHandler };
type LaneOptions = Required<EventServerOptions> & { publisher: JetStreamPublisher };
type Delivery = { msg: JsMsg; event: EventEnvelope<object>; handler: LaneHandler };
type Unreadable = { msg: JsMsg; reason: string };
/** As it came, until its turn is near: what is read while it waits would only be moved about by the garbage collector. */
type Waiting = { msg: JsMsg; read?: Delivery };

/** Tenants of one consumer that are handled at the same time; each takes a database connection. */
const TENANTS_AT_ONCE_MAX = 8;
/** Messages held in memory before the pump waits: these, or a whole batch of each tenant that is handled at the same time. */
const QUEUED_MAX = 1_000;
const BURY_RETRY_MS = 5_000;
/** What waits for a database or a service that is away is tried this often, at least, once its waits are used up. */
const OUTAGE_RETRY_MS = 30_000;
const DIED = 'the consumer died on this message';
/** How far past its batch size a handler may look for more of its events. */
const LOOK_AHEAD = 4;

/** Handles the messages of one consumer: tenants side by side, each tenant in order, batched where the handler allows. */
export class ConsumerLane {
  private readonly queues = new Map<string, Waiting[]>();
  private readonly running = new Set<Promise<void>>();
  private readonly ready: string[] = [];
  /** Events that wait for the end of an outage, by their place in the stream; at most as many as are unacknowledged. */
  private readonly waitingOut = new Set<number>();
  private queued = 0;
  private roomWanted?: () => void;

  private readonly queuedMax: number;

  constructor(
    private readonly consumer: string,
    private readonly handlers: Map<string, LaneHandler>,
    private readonly options: LaneOptions,
  ) {
    const batch = Math.max(...[...handlers.values()].map((handler) => handler.batch));
    this.queuedMax = Math.max(QUEUED_MAX, TENANTS_AT_ONCE_MAX * batch);
  }

  /** Queues a message; where too many are queued already, says when there is room for the next. */
  take(msg: JsMsg): Promise<void> | undefined {
    const { type, tenantId } = addressOf(msg.subject);
    if (!this.handlers.has(type)) {
      msg.ack();
      return undefined;
    }
    const queue = this.queues.get(tenantId);
    if (queue) queue.push({ msg });
    else {
      this.queues.set(tenantId, [{ msg }]);
      this.ready.push(tenantId);
    }
    this.queued++;
    this.fill();
    if (this.queued < this.queuedMax) return undefined;
    return new Promise<void>((resolve) => (this.roomWanted = resolve));
  }

  /** Resolves when nothing is queued or under way. */
  async idle(): Promise<void> {
    while (this.running.size > 0) await Promise.all(this.running);
  }

  private fill(): void {
    while (this.running.size < TENANTS_AT_ONCE_MAX) {
      const tenantId = this.ready.shift();
      if (tenantId === undefined) return;
      const run = this.drainOne(tenantId).finally(() => {
        this.running.delete(run);
        this.fill();
      });
      this.running.add(run);
    }
  }

  // One batch of one tenant, then the next tenant: round robin is what keeps a backlog from starving the others.
  private async drainOne(tenantId: string): Promise<void> {
    // Everything that this turn of the event loop delivers joins the batch; there is no timer to wait for.
    await new Promise((resolve) => setImmediate(resolve));
    const queue = this.queues.get(tenantId) as Waiting[];
    const { batch, unreadable } = this.takeBatch(queue);
    // No later try can make an invalid message valid.
    for (const { msg, reason } of unreadable) await this.bury(msg, reason);
    if (batch.length > 0) await this.handle(batch);
    this.queued -= batch.length + unreadable.length;
    if (this.queued < this.queuedMax) this.roomWanted?.();
    if (queue.length === 0) this.queues.delete(tenantId);
    else this.ready.push(tenantId);
  }

  private async handle(batch: Delivery[]): Promise<void> {
    const { handler } = batch[0] as Delivery;
    const started = performance.now();
    try {
      await this.options.inbox.handle(
        this.consumer,
        batch.map(({ event }) => event),
        async (fresh, db) => {
          if (handler.batch > 1) await settle(handler.handle(fresh, db));
          else for (const event of fresh) await settle(handler.handle(event, db));
        },
      );
      for (const { msg } of batch) msg.ack();
      this.options.observe.handled(
        this.consumer,
        handler.event.type,
        (performance.now() - started) / 1000 / batch.length,
        (Date.now() - Date.parse((batch[0] as Delivery).event.occurredAt)) / 1000,
      );
    } catch (error) {
      // One bad event must not take its neighbours along: halves are tried until it is alone, and it alone waits.
      if (batch.length > 1) {
        const middle = batch.length >> 1;
        await this.handle(batch.slice(0, middle));
        await this.handle(batch.slice(middle));
      } else await this.failed(batch[0] as Delivery, error);
    }
  }

  private async failed({ msg, event }: Delivery, error: unknown): Promise<void> {
    this.options.observe.failed(this.consumer, event.type, error);
    const { deliveryCount, streamSequence } = msg.info;
    const delay = this.options.retryDelaysMs[deliveryCount - 1];
    if (delay !== undefined) return msg.nak(delay);
    if (!isOutage(error)) return this.bury(msg, error instanceof Error ? error.message : String(error));
    // No fault of the event, which could not be buried either: it waits until what it needs is back.
    this.waitingOut.add(streamSequence);
    msg.nak(Math.min(OUTAGE_RETRY_MS, this.options.retryDelaysMs.at(-1) ?? 0));
  }

  /**
   * What the handler of the queue's head takes together: its next events, passing over other handlers' but never over an
   * earlier event of the same aggregate, so that facts that alternate are still handled in batches and in order.
   */
  private takeBatch(queue: Waiting[]): { batch: Delivery[]; unreadable: Unreadable[] } {
    const batch: Delivery[] = [];
    const unreadable: Unreadable[] = [];
    const left: Waiting[] = [];
    const taken = new Set<string>();
    const passedOver = new Set<string>();
    let most = 1;
    let at = 0;
    while (at < queue.length && at < most * LOOK_AHEAD && batch.length < most) {
      const waiting = queue[at++] as Waiting;
      const delivery = (waiting.read ??= this.read(waiting.msg, unreadable));
      if (!delivery) continue;
      const { handler, event } = delivery;
      if (batch.length === 0) most = handler.batch;
      const [first = delivery] = batch;
      if (handler === first.handler && !taken.has(event.id) && !passedOver.has(event.aggregateId)) {
        taken.add(event.id);
        batch.push(delivery);
      } else {
        passedOver.add(event.aggregateId);
        left.push(waiting);
      }
    }
    queue.splice(0, at, ...left);
    return { batch, unreadable };
  }

  /** The event of a message; what cannot be one is noted with the reason. */
  private read(msg: JsMsg, unreadable: Unreadable[]): Delivery | undefined {
    const deliveries = msg.info.deliveryCount;
    if (deliveries > 1) this.options.observe.redelivered(this.consumer);
    try {
      // Redelivered although no handler failed: a process died on it, again and again.
      if (
        deliveries > this.options.retryDelaysMs.length + 1 &&
        !this.waitingOut.delete(msg.info.streamSequence)
      )
        throw new Error(DIED);
      const address = addressOf(msg.subject);
      const handler = this.handlers.get(address.type);
      const envelope = envelopeOf(headersOf(msg));
      if (!envelope || !handler)
        throw new Error('invalid: not an event of ours: its ce- headers are missing');
      if (envelope.type !== address.type || envelope.tenantId !== address.tenantId)
        throw new Error('invalid: its headers are not of its subject');
      const data = dataOf(msg, handler.event);
      return { msg, handler, event: { ...envelope, data } };
    } catch (error) {
      unreadable.push({ msg, reason: error instanceof Error ? error.message : String(error) });
      return undefined;
    }
  }

  private async bury(msg: JsMsg, reason: string): Promise<void> {
    const envelope = envelopeOf(msg.headers);
    const kept = Object.fromEntries(
      (msg.headers?.keys() ?? []).map((key) => [key, msg.headers?.get(key) ?? '']),
    );
    try {
      await this.options.inbox.bury({
        consumer: this.consumer,
        eventId: envelope?.id ?? null,
        eventType: envelope?.type ?? null,
        tenantId: envelope?.tenantId ?? null,
        subject: msg.subject,
        payload: Buffer.from(msg.data).toString(),
        headers: kept,
        reason,
        deliveries: msg.info.deliveryCount,
      });
      const copy = headers();
      for (const [key, value] of Object.entries(kept)) if (key !== 'Nats-Msg-Id') copy.set(key, value);
      copy.set('Lw-Reason', reason.replace(/[^\x20-\x7e]/g, ' ').slice(0, 500));
      copy.set('Nats-Msg-Id', `${this.consumer}:${msg.seq}`);
      await this.options.publisher.publish([
        {
          subject: `dlq.${this.consumer.replace('__', '.')}`,
          headers: copy,
          payload: Buffer.from(msg.data).toString(),
        },
      ]);
      msg.term();
      this.options.observe.buried(this.consumer);
    } catch (error) {
      this.options.observe.failed(this.consumer, 'bury', error);
      msg.nak(BURY_RETRY_MS);
    }
  }
}

/** `evt.<type>.<tenant>` */
function addressOf(subject: string): { type: string; tenantId: string } {
  const end = subject.lastIndexOf('.');
  return { type: subject.slice(subject.indexOf('.') + 1, end), tenantId: subject.slice(end + 1) };
}

function dataOf(msg: JsMsg, event: EventType): object {
  try {
    return parseInput(event.data, msg.json(), { tolerant: true });
  } catch (error) {
    throw new Error(
      `invalid: ${error instanceof Error ? JSON.stringify(error) + error.message : String(error)}`,
      { cause: error },
    );
  }
}

async function settle(result: unknown): Promise<void> {
  const value = await result;
  if (isObservable(value)) await lastValueFrom(value, { defaultValue: undefined });
}

function isOutage(error: unknown): boolean {
  return error instanceof AppError && error.kind === 'unavailable';
}
