import { newId } from './ids.js';
import { REQUEST_DEADLINE_MS } from './limits.js';
import { continueTrace } from './trace.js';

/** Who acts: a person, an API key on a person's behalf, or the system itself (a schedule, a consumer). */
export type Actor = 'user' | 'api-key' | 'system' | 'anonymous';

/**
 * What every use case knows about its caller. It is the first argument everywhere, travels signed between services, and
 * is frozen: nothing downstream may widen it.
 */
export type Ctx = Readonly<{
  /** The tenant whose rows may be seen; empty only for anonymous callers (sign-up, log-in). */
  tenantId: string;
  /** Null for the system and for anonymous callers. */
  userId: string | null;
  sessionId: string | null;
  capabilities: ReadonlySet<string>;
  actor: Actor;
  /** The address that the request came from, as the gateway saw it; absent where no client stands behind the work. */
  clientIp?: string;
  /** What the client calls itself, cut to USER_AGENT_LENGTH_MAX. Its own claim: to show, never to trust. */
  userAgent?: string;
  requestId: string;
  traceparent: string;
  /** The caller's Idempotency-Key, when there is one: the first write of the request answers a repeat from memory. */
  idempotencyKey?: string;
  /** Epoch milliseconds after which nobody waits for the answer any more. */
  deadline: number;
}>;

/** A caller nobody has authenticated: may only reach operations declared public. */
export function anonymousCtx(over: Partial<Ctx> = {}): Ctx {
  return newCtx({ actor: 'anonymous', ...over });
}

/** The system acting in one tenant: consumers, schedulers, seeds. It holds every capability of that tenant. */
export function systemCtx(tenantId: string, over: Partial<Ctx> = {}): Ctx {
  return newCtx({ actor: 'system', tenantId, ...over });
}

/** A context that nobody can change any more; what is not given is empty, or new. */
export function newCtx(fields: Partial<Ctx>): Ctx {
  return Object.freeze({
    tenantId: '',
    userId: null,
    sessionId: null,
    capabilities: new Set<string>(),
    actor: 'user' as const,
    requestId: newId(),
    traceparent: continueTrace(),
    deadline: Date.now() + REQUEST_DEADLINE_MS,
    ...fields,
  });
}

/** Whether the caller may do what `capability` names. The system may do everything inside its tenant. */
export function can(ctx: Ctx, capability: string): boolean {
  return ctx.actor === 'system' || ctx.capabilities.has(capability);
}

/** Milliseconds left before nobody waits any more; never negative. */
export function remainingMs(ctx: Ctx): number {
  return Math.max(0, ctx.deadline - Date.now());
}
