import {
  Inject,
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { AppError } from '@leadwire/kernel';
import { RawJson } from '@leadwire/messaging';
import { CONFIG, type ConfigOf } from '@leadwire/platform';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { catchError, map, type Observable } from 'rxjs';
import type { gatewayConfig } from '../gateway.config.js';
import { originsOf } from '../http/cors.js';
import { endpointOf, type EndpointMetadata } from '../http/endpoint.js';
import { refuseCrossSite, type Origins } from './cross-site.js';
import { dropTokens, keepTokens, refreshCookieOf, type KeptTokens } from './session-cookies.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The session is, or shall be, kept in cookies. */
    inBrowser?: boolean;
  }
}

/** A client that asks for it gets its tokens in cookies instead of in the answer. */
const MODE_HEADER = 'x-leadwire-mode';
const BROWSER = 'browser';

/**
 * Browser mode: tokens travel in cookies that no script can read, and requests that rely on them must come from pages that we
 * know. Works on every endpoint that says that it answers with a session.
 */
@Injectable()
export class BrowserSessions implements NestInterceptor {
  private readonly origins: Origins;

  constructor(@Inject(CONFIG) { CORS_ORIGINS }: Pick<ConfigOf<typeof gatewayConfig>, 'CORS_ORIGINS'>) {
    this.origins = originsOf(CORS_ORIGINS);
  }

  /**
   * Before anything else is done: notes whether the request lives on cookies, and refuses it if another site may have sent it.
   * A refresh without a token in its body takes the one of its cookie.
   * @throws AppError `request.cross_site`
   */
  admit(request: FastifyRequest, { session }: EndpointMetadata, from: 'header' | 'cookie' | undefined): void {
    const refreshToken =
      session === 'renews' && isWithoutToken(request) ? refreshCookieOf(request) : undefined;
    const asksForCookies = session !== undefined && request.headers[MODE_HEADER] === BROWSER;
    request.inBrowser = from === 'cookie' || refreshToken !== undefined || asksForCookies;
    if (request.inBrowser) refuseCrossSite(request, this.origins);
    if (refreshToken !== undefined) request.body = { ...(request.body as object | undefined), refreshToken };
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const session = endpointOf(context.getHandler())?.session;
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    if (!session || !request.inBrowser) return next.handle();
    const reply = http.getResponse<FastifyReply>();
    return next.handle().pipe(
      map((answer: unknown) => {
        if (session !== 'ends') return withoutTokens(answer, reply);
        dropTokens(request, reply);
        return answer;
      }),
      catchError((error: unknown) => {
        // A session that cannot be renewed is over: what the browser keeps of it would only be refused again.
        if (session === 'renews' && error instanceof AppError && error.kind === 'unauthenticated')
          dropTokens(request, reply);
        throw error;
      }),
    );
  }
}

function isWithoutToken({ body }: FastifyRequest): boolean {
  return body === undefined || body === null || (typeof body === 'object' && !('refreshToken' in body));
}

type SessionAnswer = Partial<KeptTokens> & { session?: Partial<KeptTokens> | null };

// Some answers are a session, some bring one along beside other things.
function withoutTokens(answer: unknown, reply: FastifyReply): unknown {
  const plain = (answer instanceof RawJson ? JSON.parse(textOf(answer)) : answer) as SessionAnswer;
  if (isKept(plain)) return { ...plain, ...kept(plain, reply) };
  if (plain.session && isKept(plain.session))
    return { ...plain, session: { ...plain.session, ...kept(plain.session, reply) } };
  return plain;
}

function kept(tokens: KeptTokens, reply: FastifyReply) {
  keepTokens(reply, tokens);
  return { accessToken: null, refreshToken: null };
}

function isKept(answer: Partial<KeptTokens>): answer is KeptTokens {
  return typeof answer.accessToken === 'string' && typeof answer.refreshToken === 'string';
}

function textOf({ bytes }: RawJson): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
}
