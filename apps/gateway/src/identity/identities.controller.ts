import { Controller, Delete, Get, Header, HttpCode, Post, Req, Res } from '@nestjs/common';
import {
  EndIdentityLink,
  identitiesApi,
  IdentityRef,
  Nothing,
  StartIdentityLink,
  type IdentitiesApi,
} from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { Client } from '@leadwire/messaging';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';
import { bound, withHandle } from './oidc.controller.js';

/** The caller's log-ins at other providers. */
@Controller('me/identities')
export class IdentitiesController {
  constructor(@Client(identitiesApi) private readonly identities: IdentitiesApi) {}

  /** Lists the providers' accounts that the caller may log in with. */
  @Get()
  @Endpoint(identitiesApi.list, { summary: "List the signed-in user's linked accounts" })
  list(@RequestCtx() ctx: Ctx, @Input() input: Nothing) {
    return this.identities.list(ctx, input);
  }

  /** Begins linking one more; the callback completes it. */
  @Post()
  @Header('cache-control', 'no-store')
  @Endpoint(identitiesApi.startLink, { summary: 'Begin linking a provider', session: 'answers' })
  async startLink(
    @RequestCtx() ctx: Ctx,
    @Input() input: StartIdentityLink,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return bound(request, reply, await this.identities.startLink(ctx, withHandle(input, request)));
  }

  /** Unlinks one; never the only way to log in. */
  @Delete(':identityId')
  @HttpCode(204)
  @Endpoint(identitiesApi.unlink, { summary: 'Unlink a provider' })
  unlink(@RequestCtx() ctx: Ctx, @Input() input: IdentityRef) {
    return this.identities.unlink(ctx, input);
  }

  /** Unlinks one, also long after the log-in: with the password, which belongs into no address. */
  @Post(':identityId/unlink')
  @HttpCode(204)
  @Endpoint(identitiesApi.endLink, { summary: 'Unlink a provider with the password' })
  endLink(@RequestCtx() ctx: Ctx, @Input() input: EndIdentityLink) {
    return this.identities.endLink(ctx, input);
  }
}
