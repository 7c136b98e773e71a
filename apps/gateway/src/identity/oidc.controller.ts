import { Controller, Get, Header, Post, Req, Res } from '@nestjs/common';
import {
  CompleteOidcLogIn,
  Nothing,
  oidcApi,
  OidcLink,
  OidcSignUp,
  StartOidcLogIn,
  type OidcApi,
  type OidcLogInStarted,
} from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { Client } from '@leadwire/messaging';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';
import { keepLogInHandle, logInHandleOf } from './log-in-cookie.js';

/** Log-in, sign-up and linking with another provider (OpenID Connect). */
@Controller('oidc')
export class OidcController {
  constructor(@Client(oidcApi) private readonly oidc: OidcApi) {}

  /** Lists the providers that people may log in with. */
  @Get('providers')
  @Endpoint(oidcApi.providers, { summary: 'List the log-in providers' })
  providers(@RequestCtx() ctx: Ctx, @Input() input: Nothing) {
    return this.oidc.providers(ctx, input);
  }

  /** Begins a log-in: the answer says where to send the browser. */
  @Post(':provider/log-ins')
  @Header('cache-control', 'no-store')
  @Endpoint(oidcApi.start, { summary: 'Begin a log-in with a provider', session: 'answers' })
  async start(
    @RequestCtx() ctx: Ctx,
    @Input() input: StartOidcLogIn,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return bound(request, reply, await this.oidc.start(ctx, withHandle(input, request)));
  }

  /** Takes what the provider sent back with the browser: a session, or a problem that says what is missing. */
  @Post('callbacks')
  @Header('cache-control', 'no-store')
  @Endpoint(oidcApi.complete, { summary: 'Complete a log-in or link with a provider', session: 'answers' })
  complete(@RequestCtx() ctx: Ctx, @Input() input: CompleteOidcLogIn, @Req() request: FastifyRequest) {
    return this.oidc.complete(ctx, { ...input, handle: input.handle ?? logInHandleOf(request) });
  }

  /** Makes a team and its owner's account for whoever a provider vouched for. */
  @Post('sign-ups')
  @Header('cache-control', 'no-store')
  @Endpoint(oidcApi.signUp, { summary: 'Sign up with a provider', session: 'answers' })
  signUp(@RequestCtx() ctx: Ctx, @Input() input: OidcSignUp) {
    return this.oidc.signUp(ctx, input);
  }

  /** Links what a provider vouched for with the account whose password is shown, and logs in. */
  @Post('links')
  @Header('cache-control', 'no-store')
  @Endpoint(oidcApi.link, { summary: 'Link a provider by password and log in', session: 'answers' })
  link(@RequestCtx() ctx: Ctx, @Input() input: OidcLink) {
    return this.oidc.link(ctx, input);
  }
}

/** In a browser, the handle it has already serves this log-in too. */
export function withHandle<T extends { handle?: string }>(input: T, request: FastifyRequest): T {
  const handle = input.handle ?? (request.inBrowser ? logInHandleOf(request) : undefined);
  return handle === undefined ? input : { ...input, handle };
}

/** In browser mode the handle goes into a cookie that scripts cannot read, instead of into the answer. */
export function bound(
  { inBrowser }: FastifyRequest,
  reply: FastifyReply,
  started: OidcLogInStarted,
): OidcLogInStarted {
  if (!inBrowser || started.handle === null) return started;
  keepLogInHandle(reply, started.handle);
  return { ...started, handle: null };
}
