import { BlockList, isIPv6 } from 'node:net';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import {
  API_KEY_SCOPES,
  apiKeyChecksApi,
  apiKeyErrors,
  type ApiKeyChecksApi,
  type ApiKeyStanding,
} from '@leadwire/contracts';
import { AppError, Clock, requestErrors, type Ctx, type ErrorKind } from '@leadwire/kernel';
import { Client } from '@leadwire/messaging';
import { digestOfApiKey, prefixOfApiKey } from '@leadwire/security';
import type { FastifyReply } from 'fastify';
import { RateLimits } from '../limits/rate-limits.js';
import { Revocations } from './revocations.js';
import type { Session } from './session.js';

/** Who shows a key, as far as that is known before it is verified. */
export type Presented = { ip: string; reply: FastifyReply; ctx: Ctx };

type Known = {
  session: Session;
  networks: BlockList | undefined;
  /** The address that the networks let in last: a program rarely has more than one. */
  admitted?: string;
  freshUntil: number;
};

/** How long an answer of identity holds when nothing is heard: what a key outlives while identity is away, at most. */
const FRESH_MS = 30_000;
const KNOWN_MAX = 20_000;
/** Failures that say nothing about the key. */
const NOT_THE_CALLERS: ReadonlySet<ErrorKind> = new Set(['unavailable', 'timeout', 'internal']);

/**
 * Verifies API keys: asked of identity once in half a minute per key, and again as soon as a fact says that the key, its
 * owner or their team has changed. Keys are remembered by their SHA-256; neither the key nor its hash is ever logged.
 */
@Injectable()
export class ApiKeyVerifier implements OnModuleDestroy {
  private readonly known = new Map<string, Known>();
  private readonly asking = new Map<string, Promise<Known>>();
  private readonly listeners = new Set<(apiKeyId: string) => void>();
  private readonly stopListening: () => void;
  private changes = 0;

  constructor(
    @Client(apiKeyChecksApi) private readonly identity: ApiKeyChecksApi,
    @Inject(RateLimits) private readonly limits: RateLimits,
    @Inject(Revocations) private readonly revocations: Revocations,
    @Inject(Clock) private readonly clock: Clock,
  ) {
    this.stopListening = revocations.onFact((fact) => this.hear(fact));
  }

  onModuleDestroy(): void {
    this.stopListening();
  }

  /**
   * @throws AppError `request.unauthenticated` | `api_key.ended` | `api_key.address_not_allowed` | `tenant.suspended` |
   *   `tenant.closed` | `request.rate_limited` for a network that guesses | `request.unavailable` when identity cannot be asked
   */
  async sessionOf(token: string, caller: Presented): Promise<Session> {
    const known = this.remembered(token) ?? (await this.ask(token, caller));
    const { session } = known;
    this.revocations.check(session);
    if (!admits(known, caller.ip)) {
      // Whoever holds a key that they should not have does not get to spend its rate.
      this.limits.anonymous(caller.ip, caller.reply);
      throw apiKeyErrors.address_not_allowed({ internal: `key ${session.apiKeyId} from ${caller.ip}` });
    }
    return session;
  }

  /** Calls `listener` with each key that was changed or revoked from now on, until the returned function is called. */
  onChange(listener: (apiKeyId: string) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private remembered(token: string): Known | undefined {
    const digest = digestOfApiKey(token);
    const known = this.known.get(digest);
    if (!known) return undefined;
    const now = this.clock.now().getTime();
    if (known.freshUntil > now && known.session.expiresAt > now) return known;
    this.known.delete(digest);
    return undefined;
  }

  // Paid for before the look-up and given back after it, so that guesses sent at once do not get past the count.
  private async ask(token: string, { ip, reply, ctx }: Presented): Promise<Known> {
    const digest = digestOfApiKey(token);
    const underWay = this.asking.get(digest);
    // Whoever brings the same key meanwhile costs identity nothing, and learns nothing that the first one does not.
    if (underWay) return underWay;
    this.limits.anonymous(ip, reply);
    const prefix = prefixOfApiKey(token);
    if (!prefix) throw requestErrors.unauthenticated({ internal: 'not an API key of ours' });
    const asked = this.askOnce(ctx, { prefix, digest });
    this.asking.set(digest, asked);
    try {
      const known = await asked;
      this.limits.forgive(ip);
      return known;
    } catch (error) {
      if (error instanceof AppError && NOT_THE_CALLERS.has(error.kind)) this.limits.forgive(ip);
      throw error;
    }
  }

  private async askOnce(ctx: Ctx, question: { prefix: string; digest: string }): Promise<Known> {
    const before = this.changes;
    const askedAt = this.clock.now().getTime();
    try {
      const known = knownOf(await this.identity.verify(ctx, question), askedAt);
      // What changed while identity was answering may not be in its answer: good for the requests that asked, no longer.
      if (this.changes === before) this.remember(question.digest, known);
      return known;
    } finally {
      this.asking.delete(question.digest);
    }
  }

  private remember(digest: string, known: Known): void {
    if (this.known.size >= KNOWN_MAX) this.known.clear();
    this.known.set(digest, known);
  }

  private hear({
    type,
    tenantId,
    aggregateId,
  }: {
    type: string;
    tenantId: string;
    aggregateId: string;
  }): void {
    switch (type.split('.')[1]) {
      case 'api-key':
        this.forget(({ apiKeyId }) => apiKeyId === aggregateId);
        for (const listener of this.listeners) listener(aggregateId);
        return;
      case 'user':
        return this.forget(({ userId }) => userId === aggregateId);
      case 'membership':
      case 'tenant':
        return this.forget((session) => session.tenantId === tenantId);
    }
  }

  private forget(concerned: (session: Session) => boolean): void {
    this.changes++;
    for (const [digest, { session }] of this.known) if (concerned(session)) this.known.delete(digest);
  }
}

function knownOf(standing: ApiKeyStanding, askedAt: number): Known {
  const { tenantId, userId, apiKeyId, role, scopes, ipAllow, ratePerSecond, worksUntil } = standing;
  // Scopes only: what of them the owner may do at the time of use, SessionRights knows.
  const capabilities = new Set<string>(API_KEY_SCOPES.filter((scope) => scopes.includes(scope)));
  const session = {
    tenantId,
    userId,
    sessionId: null,
    apiKeyId,
    role,
    capabilities,
    ratePerSecond,
    issuedAt: askedAt,
    expiresAt: Date.parse(worksUntil),
  };
  return {
    session: Object.freeze(session),
    networks: ipAllow.length > 0 ? networksOf(ipAllow) : undefined,
    freshUntil: askedAt + FRESH_MS,
  };
}

function networksOf(ipAllow: readonly string[]): BlockList {
  const networks = new BlockList();
  for (const network of ipAllow) {
    const [address = '', bits] = network.split('/');
    networks.addSubnet(address, Number(bits), familyOf(address));
  }
  return networks;
}

// BlockList itself looks through `::ffff:203.0.113.9`, the form that dual-stack sockets give to IPv4 callers.
function admits(known: Known, ip: string): boolean {
  if (!known.networks || known.admitted === ip) return true;
  if (!known.networks.check(ip, familyOf(ip))) return false;
  known.admitted = ip;
  return true;
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4';
}
