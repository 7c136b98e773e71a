import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import { parseInput } from '@leadwire/contracts';
import { AppError, can, requestErrors, type Ctx } from '@leadwire/kernel';
import type { CtxVerifier } from '@leadwire/security';
import type { Msg, MsgHdrs, NatsConnection, Subscription } from '@nats-io/transport-node';
import { isObservable, lastValueFrom } from 'rxjs';
import { OncePerTurn } from './once-per-turn.js';
import { ctxOf, encodeError, errorHeaders } from './rpc-wire.js';
import { RPC_TRANSPORT, type ServesExtras } from './serves.js';

/** Requests one replica works on at once; more are refused at once so that another replica or a later try gets them. */
const IN_FLIGHT_MAX = 1024;
const DRAIN_DEADLINE_MS = 10_000;

export type RpcServerOptions = {
  service: string;
  nats: NatsConnection;
  verifier: CtxVerifier;
  /** Runs the work inside the log context of the request. */
  scope?: <T>(ctx: Ctx, work: () => Promise<T>) => Promise<T>;
  observe?: (subject: string, code: string, seconds: number) => void;
  report?: (error: AppError, subject: string, ctx: Ctx | undefined) => void;
};

/**
 * Nest transport for request/reply: one queue subscription per service, so that replicas share the load. Every request is
 * verified (signature, deadline, right) and validated before the handler sees it; every failure is answered.
 */
export class RpcServer extends Server implements CustomTransportStrategy {
  override readonly transportId = RPC_TRANSPORT as never;
  private subscription?: Subscription;
  private readonly outgoing = new OncePerTurn();
  private inFlight = 0;

  constructor(private readonly options: RpcServerOptions) {
    super();
  }

  listen(callback: (error?: unknown) => void): void {
    const { nats, service } = this.options;
    this.subscription = nats.subscribe(`rpc.${service}.>`, {
      queue: service,
      callback: (error, msg) => {
        if (!error) void this.answer(msg);
      },
    });
    nats.flush().then(() => callback(), callback);
  }

  /** Stops taking requests, then waits for those under way. */
  async close(): Promise<void> {
    await this.subscription?.drain();
    const deadline = Date.now() + DRAIN_DEADLINE_MS;
    while (this.inFlight > 0 && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 10));
    this.outgoing.run();
    await this.options.nats.flush().catch(() => undefined);
  }

  on(): never {
    throw new Error('The RPC transport has no events of its own.');
  }

  unwrap<T>(): T {
    return this.options.nats as T;
  }

  private async answer(msg: Msg): Promise<void> {
    const started = performance.now();
    let ctx: Ctx | undefined;
    this.inFlight++;
    try {
      if (this.inFlight > IN_FLIGHT_MAX)
        throw requestErrors.unavailable({ internal: 'overloaded', retryAfterSeconds: 1 });
      const caller = (ctx = ctxOf(msg.headers, this.options.verifier));
      const result = await this.dispatch(caller, msg);
      this.reply(msg, result);
      this.options.observe?.(msg.subject, 'ok', (performance.now() - started) / 1000);
    } catch (thrown) {
      const error = asAppError(thrown);
      this.options.report?.(error, msg.subject, ctx);
      this.options.observe?.(msg.subject, error.code, (performance.now() - started) / 1000);
      this.outgoing.add(() => respond(msg, encodeError(error), { headers: errorHeaders(error) }));
    } finally {
      this.inFlight--;
    }
  }

  private dispatch(ctx: Ctx, msg: Msg): Promise<unknown> {
    const handler = this.getHandlers().get(msg.subject);
    if (!handler) throw requestErrors.not_found({ internal: `nothing serves ${msg.subject}` });
    const { method } = handler.extras as ServesExtras;
    if (ctx.deadline <= Date.now()) throw requestErrors.timeout({ internal: 'arrived after its deadline' });
    checkRight(ctx, method.can);
    const input = parseInput(method.input, parseJson(msg));
    const work = () => settle(handler, input, ctx).catch(answerFromMemory);
    return this.options.scope ? this.options.scope(ctx, work) : work();
  }

  private reply(msg: Msg, result: unknown): void {
    const payload = result === undefined ? '' : JSON.stringify(result);
    const max = this.options.nats.info?.max_payload ?? 0;
    // A string of n UTF-16 units is at least n/3 … 3n bytes; measure only when it could matter.
    if (max && payload.length * 3 > max && Buffer.byteLength(payload) > max) {
      throw requestErrors.internal({
        internal: `the answer of ${msg.subject} exceeds ${max} bytes; ask for a smaller page`,
      });
    }
    this.outgoing.add(() => respond(msg, payload));
  }
}

// A broker that is gone cannot take the answer; its caller has long been told.
function respond(msg: Msg, payload: string, options?: { headers: MsgHdrs }): void {
  try {
    msg.respond(payload, options);
  } catch {
    // The connection is closed: this process is stopping.
  }
}

/** Thrown through a use case whose answer is already known (see Idempotency-Key); the server answers with it. */
export class RememberedAnswer extends Error {
  constructor(readonly response: unknown) {
    super('This request was answered before.');
  }
}

/**
 * `signed-in` means a person: what everybody may do for themselves (their sessions, their keys) no API key may do for them.
 * @throws AppError `request.unauthenticated` | `request.forbidden`
 */
export function checkRight(ctx: Ctx, right: string): void {
  if (right === 'public') return;
  // What the system asks for is not always about one tenant.
  if (right === 'system' && ctx.actor === 'system') return;
  if (!ctx.tenantId || ctx.actor === 'anonymous') throw requestErrors.unauthenticated();
  const holds = right === 'signed-in' ? ctx.actor !== 'api-key' : can(ctx, right);
  if (!holds) throw requestErrors.forbidden({ extras: { capability: right } });
}

function parseJson(msg: Msg): unknown {
  try {
    return msg.data.length === 0 ? {} : msg.json();
  } catch (cause) {
    throw requestErrors.malformed({ cause });
  }
}

function answerFromMemory(thrown: unknown): unknown {
  if (thrown instanceof RememberedAnswer) return thrown.response;
  throw thrown;
}

async function settle(handler: MessageHandler, input: unknown, ctx: Ctx): Promise<unknown> {
  const result: unknown = await handler(input, ctx);
  return isObservable(result) ? lastValueFrom(result, { defaultValue: undefined }) : result;
}

/** Anything unexpected is our fault and says nothing to the caller; the cause goes to the log. */
function asAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  return requestErrors.internal({
    cause: thrown,
    internal: thrown instanceof Error ? thrown.message : String(thrown),
  });
}
