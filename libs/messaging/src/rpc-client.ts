import { parseInput, type Api, type ApiMethod } from '@leadwire/contracts';
import { AppError, HOP_RESERVE_MS, remainingMs, requestErrors, type Ctx } from '@leadwire/kernel';
import type { CtxSigner } from '@leadwire/security';
import { createInbox, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { OncePerTurn } from './once-per-turn.js';
import { decodeError, isErrorReply, requestHeaders } from './rpc-wire.js';

type Pending = { resolve: (msg: Msg) => void; reject: (error: AppError) => void; timer: NodeJS.Timeout };

/** Bytes of an answer that is already JSON; the gateway hands them on without parsing them. */
export class RawJson {
  constructor(readonly bytes: Uint8Array) {}
}

const RETRY_JITTER_MS = 100;
/** How long a request waits for a broker that is away: a restart takes less, and an outage should not cost the deadline. */
const BROKER_PATIENCE_MS = 1_000;
const NO_RESPONDERS = 503;
/** Requests of one process under way at once; past it callers are told to come back instead of piling up. */
const IN_FLIGHT_MAX = 4096;

export type RpcObserver = (method: ApiMethod, code: string, seconds: number) => void;

/**
 * Sends typed requests to services. All answers come back through one inbox subscription; each request carries the
 * caller's signed context and deadline, and fails with `request.unavailable` when nobody serves it and with
 * `request.timeout` when the deadline passes.
 */
export class RpcClient {
  private readonly pending = new Map<string, Pending>();
  private readonly inbox: string;
  private readonly outgoing = new OncePerTurn();
  private nextId = 0;
  /** Settles when the broker is back; undefined while it is there. */
  private brokerAway?: PromiseWithResolvers<void>;

  constructor(
    private readonly nats: NatsConnection,
    private readonly signer: CtxSigner,
    private readonly observe: RpcObserver = () => undefined,
  ) {
    this.inbox = createInbox();
    nats.subscribe(`${this.inbox}.*`, { callback: (_, msg) => this.settle(msg) });
    void this.watchBroker();
  }

  /** Calls one method and returns the bytes of its answer, still JSON. */
  async callRaw(method: ApiMethod, ctx: Ctx, input: object): Promise<Uint8Array> {
    const started = performance.now();
    const valid = input instanceof method.input ? input : parseInput(method.input, input);
    const payload = JSON.stringify(valid);
    try {
      if (this.brokerAway) await this.untilBrokerIsBack(this.brokerAway.promise, method);
      const msg = await this.sendWithRetry(method, ctx, payload);
      if (isErrorReply(msg.headers)) throw decodeError(msg.data);
      this.observe(method, 'ok', (performance.now() - started) / 1000);
      return msg.data;
    } catch (error) {
      this.observe(
        method,
        error instanceof AppError ? error.code : 'internal',
        (performance.now() - started) / 1000,
      );
      throw error;
    }
  }

  async call(method: ApiMethod, ctx: Ctx, input: object): Promise<unknown> {
    const bytes = await this.callRaw(method, ctx, input);
    return bytes.length === 0
      ? undefined
      : JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString());
  }

  /** Until the connection closes, which ends this client, too: whoever still waits then is told that no answer will come. */
  private async watchBroker(): Promise<void> {
    for await (const { type } of this.nats.status()) {
      if (type === 'disconnect') this.brokerAway ??= Promise.withResolvers();
      if (type !== 'reconnect') continue;
      this.brokerAway?.resolve();
      this.brokerAway = undefined;
    }
    for (const { timer, reject } of this.pending.values()) {
      clearTimeout(timer);
      reject(requestErrors.unavailable({ internal: 'the connection closed' }));
    }
    this.pending.clear();
  }

  private async untilBrokerIsBack(back: Promise<void>, method: ApiMethod): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(true), BROKER_PATIENCE_MS);
    });
    const stillAway = await Promise.race([back.then(() => false), patience]);
    clearTimeout(timer);
    if (stillAway)
      throw requestErrors.unavailable({
        internal: `the broker is away; ${method.subject} was not sent`,
        retryAfterSeconds: 1,
      });
  }

  // Nobody received a request without responders, so sending it once more is safe for every method.
  private async sendWithRetry(method: ApiMethod, ctx: Ctx, payload: string): Promise<Msg> {
    const first = await this.send(method, ctx, payload);
    if (first.headers?.code !== NO_RESPONDERS) return first;
    await new Promise((resolve) => setTimeout(resolve, RETRY_JITTER_MS * (0.5 + Math.random())));
    const second = await this.send(method, ctx, payload);
    if (second.headers?.code !== NO_RESPONDERS) return second;
    throw requestErrors.unavailable({ internal: `nobody serves ${method.subject}`, retryAfterSeconds: 1 });
  }

  private send(method: ApiMethod, ctx: Ctx, payload: string): Promise<Msg> {
    const waitMs = remainingMs(ctx) - HOP_RESERVE_MS;
    if (waitMs <= 0)
      return Promise.reject(requestErrors.timeout({ internal: `no time left for ${method.subject}` }));
    if (this.pending.size >= IN_FLIGHT_MAX) {
      return Promise.reject(
        requestErrors.unavailable({ internal: 'too many requests in flight', retryAfterSeconds: 1 }),
      );
    }
    const id = (this.nextId++).toString(36);
    return new Promise<Msg>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.pending.delete(id);
        reject(requestErrors.timeout({ internal: `${method.subject} did not answer in ${waitMs} ms` }));
      }, waitMs);
      this.pending.set(id, { resolve, reject, timer });
      this.outgoing.add(() => {
        try {
          this.nats.publish(method.subject, payload, {
            reply: `${this.inbox}.${id}`,
            headers: requestHeaders(ctx, this.signer),
          });
        } catch (cause) {
          clearTimeout(timer);
          this.pending.delete(id);
          reject(requestErrors.unavailable({ internal: `cannot send ${method.subject}`, cause }));
        }
      });
    });
  }

  private settle(msg: Msg): void {
    const id = msg.subject.slice(this.inbox.length + 1);
    const waiting = this.pending.get(id);
    if (!waiting) return;
    this.pending.delete(id);
    clearTimeout(waiting.timer);
    waiting.resolve(msg);
  }
}

/** A client with the type of the service itself. With `raw`, answers are {@link RawJson} for handing on as they are. */
export function clientOf<S>(api: Api<S>, rpc: RpcClient, raw = false): S {
  return Object.fromEntries(
    Object.entries(api.methods).map(([name, method]) => [
      name,
      raw
        ? async (ctx: Ctx, input: object) => new RawJson(await rpc.callRaw(method, ctx, input))
        : (ctx: Ctx, input: object) => rpc.call(method, ctx, input),
    ]),
  ) as S;
}
