import { Inject, Injectable, type ExecutionContext } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { AppError, anonymousCtx, continueTrace, newCtx, type Ctx } from '@leadwire/kernel';
import { CONFIG, type ConfigOf } from '@leadwire/platform';
import { looksLikeApiKey } from '@leadwire/security';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { gatewayConfig } from '../gateway.config.js';
import { endpointOf } from '../http/endpoint.js';
import { RateLimits } from '../limits/rate-limits.js';
import { AccessTokens } from './access-tokens.js';
import { ApiKeyVerifier } from './api-key-verifier.js';
import { clientOf } from './client.js';
import { BEARER } from './bearer.strategy.js';
import { BrowserSessions } from './browser-sessions.js';
import { credentialOf } from './credential.js';
import { idempotencyKeyOf } from './idempotency-key.js';
import { SessionRights } from './session-rights.js';
import type { Session } from './session.js';

/**
 * Lets a request through when its endpoint is public, or its session is valid, within its rates, and holds the right that
 * the contract names; gives it the context that travels on to the services.
 */
@Injectable()
export class AccessGuard extends AuthGuard(BEARER) {
  constructor(
    @Inject(AccessTokens) private readonly tokens: AccessTokens,
    @Inject(ApiKeyVerifier) private readonly apiKeys: ApiKeyVerifier,
    @Inject(BrowserSessions) private readonly browsers: BrowserSessions,
    @Inject(SessionRights) private readonly rights: SessionRights,
    @Inject(RateLimits) private readonly limits: RateLimits,
    @Inject(CONFIG) private readonly config: Pick<ConfigOf<typeof gatewayConfig>, 'REQUEST_DEADLINE_MS'>,
  ) {
    super();
  }

  /**
   * @throws AppError `request.unauthenticated` | `request.forbidden` | `request.cross_site` | `request.rate_limited` |
   *   `request.unavailable` | `tenant.suspended` | `tenant.closed`
   */
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const endpoint = endpointOf(context.getHandler());
    // Only what the check at start has exempted has none: health, metrics and the documents.
    if (!endpoint) return true;
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const common = {
      requestId: request.id,
      traceparent: continueTrace(headerOf(request, 'traceparent')),
      deadline: Date.now() + this.config.REQUEST_DEADLINE_MS,
      ...clientOf(request),
    };
    const { method } = endpoint;
    if (method.can === 'public') {
      this.limits.anonymous(request.ip, reply);
      this.browsers.admit(request, endpoint, undefined);
      request.ctx = anonymousCtx(common);
      return true;
    }
    const credential = credentialOf(request);
    this.browsers.admit(request, endpoint, credential?.from);
    const session =
      credential?.from === 'header' && looksLikeApiKey(credential.token)
        ? await this.apiKeys.sessionOf(credential.token, { ip: request.ip, reply, ctx: anonymousCtx(common) })
        : await this.sessionOf(context, request, reply);
    request.session = session;
    this.limits.signedIn(session, reply);
    const capabilities = await this.rights.of(session);
    const identity = identityOf({ ...session, capabilities }, request, method.idempotent);
    request.ctx = newCtx({ ...common, ...identity });
    await this.rights.check(request.ctx, session, method.can);
    return true;
  }

  // A token whose signature we have checked before needs no Passport.
  private async sessionOf(
    context: ExecutionContext,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<Session> {
    const credential = credentialOf(request);
    const known = credential && this.tokens.known(credential.token);
    if (known) return known;
    try {
      await super.canActivate(context);
      return (request as unknown as { user: Session }).user;
    } catch (error) {
      // Guessing tokens costs us a signature check each.
      if (error instanceof AppError && error.kind === 'unauthenticated')
        this.limits.anonymous(request.ip, reply);
      throw error;
    }
  }
}

// Keys and people remember their answers apart: a key must not be told what its owner asked with more rights.
function identityOf(
  { tenantId, userId, sessionId, apiKeyId, capabilities }: Session,
  request: FastifyRequest,
  idempotent: boolean,
): Partial<Ctx> {
  const idempotencyKey = idempotent ? undefined : idempotencyKeyOf(request, apiKeyId ?? userId);
  return {
    actor: apiKeyId ? 'api-key' : 'user',
    tenantId,
    userId,
    sessionId,
    capabilities,
    ...(idempotencyKey ? { idempotencyKey } : {}),
  };
}

function headerOf({ headers }: { headers: Record<string, unknown> }, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}
