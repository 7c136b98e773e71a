import { Controller, Get, Header, Inject, Req, Res } from '@nestjs/common';
import {
  CompleteOidcLogIn,
  fieldsOf,
  oidcApi,
  OIDC_PROVIDER_KEY,
  parseInput,
  Text,
  type ApiMethod,
  type OidcApi,
} from '@leadwire/contracts';
import { AppError, type Ctx } from '@leadwire/kernel';
import { Client } from '@leadwire/messaging';
import { CONFIG, LOGGER, type ConfigOf, type Logger } from '@leadwire/platform';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { keepTokens } from '../auth/session-cookies.js';
import type { gatewayConfig } from '../gateway.config.js';
import { Endpoint, RequestCtx } from '../http/endpoint.js';
import { logInHandleOf } from './log-in-cookie.js';

/** What a provider puts into the address; it may add words of its own, which mean nothing here. */
class OidcRedirect {
  @Text({ max: 40, pattern: OIDC_PROVIDER_KEY })
  provider!: string;

  @Text({ max: 128, optional: true })
  state?: string;

  @Text({ max: 4096, optional: true })
  code?: string;

  @Text({ max: 255, optional: true })
  iss?: string;

  @Text({ max: 100, optional: true })
  error?: string;
}

/** Served by the gateway itself: a browser is sent on, and no program calls it. */
const redirected: ApiMethod = {
  service: 'gateway',
  api: 'gateway.oidc',
  name: 'redirected',
  subject: '',
  input: OidcRedirect,
  output: undefined,
  can: 'public',
  idempotent: false,
};

/** Problems that a person at the browser cannot do anything about; they are answered as they are. */
const ANSWERED: ReadonlySet<string> = new Set(['oidc.provider_not_found', 'request.invalid']);

/** Where a provider sends the browser back to: on to the page that began, with what it needs to finish. */
@Controller('oidc')
export class OidcRedirectController {
  constructor(
    @Client(oidcApi) private readonly oidc: OidcApi,
    @Inject(CONFIG) private readonly config: Pick<ConfigOf<typeof gatewayConfig>, 'APP_URL'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Where a provider sends the browser back to: keeps the session in cookies and goes on to the web client. */
  @Get(':provider/callback')
  @Header('cache-control', 'no-store')
  @Endpoint(redirected, { summary: 'Come back from a log-in provider', status: 303 })
  async callback(
    @RequestCtx() ctx: Ctx,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const { session } = await this.complete(ctx, request).catch((error: unknown) =>
      this.sendAway(reply, error),
    );
    if (session) keepTokens(reply, session);
    if (!reply.hasHeader('location')) void reply.header('location', this.page(session ? '/' : '/profile'));
  }

  private complete(ctx: Ctx, request: FastifyRequest) {
    const given = { ...(request.query as object), ...(request.params as object) } as Record<string, unknown>;
    const known = [...fieldsOf(OidcRedirect).keys()].filter((name) => given[name] !== undefined);
    const picked = Object.fromEntries(known.map((name) => [name, given[name]]));
    return this.oidc.complete(
      ctx,
      parseInput(CompleteOidcLogIn, { ...picked, handle: logInHandleOf(request) }),
    );
  }

  /**
   * What went wrong, for the log-in page: in the fragment, which browsers send to no server and keep out of Referer.
   * @throws what no page could help with
   */
  private sendAway(reply: FastifyReply, error: unknown): { session: null } {
    if (!(error instanceof AppError) || error.kind === 'internal' || ANSWERED.has(error.code)) throw error;
    this.logger.info({ code: error.code, internal: error.details.internal }, error.message);
    const { ticket, email } = (error.details.extras ?? {}) as { ticket?: string; email?: string };
    const said = new URLSearchParams({
      problem: error.code,
      ...(ticket ? { ticket } : {}),
      ...(email ? { email } : {}),
    });
    void reply.header('location', this.page(`/log-in#${said.toString()}`));
    return { session: null };
  }

  private page(path: string): string {
    return `${this.config.APP_URL.replace(/\/+$/, '')}${path}`;
  }
}
