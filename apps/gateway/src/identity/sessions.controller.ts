import { Controller, Delete, Get, Header, HttpCode, Post } from '@nestjs/common';
import {
  accountsApi,
  LogIn,
  Nothing,
  RefreshSession,
  SessionRef,
  sessionsApi,
  SwitchTenant,
  type AccountsApi,
  type SessionsApi,
} from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

/** Log-in, refresh, log-out, and the sessions of the caller. */
@Controller('sessions')
export class SessionsController {
  constructor(
    @PassThrough(accountsApi) private readonly accounts: AccountsApi,
    @PassThrough(sessionsApi) private readonly sessions: SessionsApi,
  ) {}

  /** Begins a session with e-mail address and password. */
  @Post()
  @Header('cache-control', 'no-store')
  @Endpoint(accountsApi.logIn, { summary: 'Log in', session: 'answers' })
  create(@RequestCtx() ctx: Ctx, @Input() input: LogIn) {
    return this.accounts.logIn(ctx, input);
  }

  /** Exchanges a refresh token, once, for new tokens. A browser sends no token: its cookie brings it. */
  @Post('refresh')
  @Header('cache-control', 'no-store')
  @HttpCode(200)
  @Endpoint(accountsApi.refresh, { summary: 'Renew a session', session: 'renews' })
  refresh(@RequestCtx() ctx: Ctx, @Input() input: RefreshSession) {
    return this.accounts.refresh(ctx, input);
  }

  /** Ends the session of the access token. */
  @Delete('current')
  @HttpCode(204)
  @Endpoint(accountsApi.logOut, { summary: 'Log out', session: 'ends' })
  remove(@RequestCtx() ctx: Ctx, @Input() input: Nothing) {
    return this.accounts.logOut(ctx, input);
  }

  /** The caller's open sessions, wherever they signed in. */
  @Get()
  @Endpoint(sessionsApi.list, { summary: 'List my sessions' })
  list(@RequestCtx() ctx: Ctx, @Input() input: Nothing) {
    return this.sessions.list(ctx, input);
  }

  /** Goes on in another of the caller's teams, with new tokens. */
  @Post('current/tenant')
  @Header('cache-control', 'no-store')
  @HttpCode(200)
  @Endpoint(sessionsApi.switchTenant, { summary: 'Switch to another team', session: 'answers' })
  switchTenant(@RequestCtx() ctx: Ctx, @Input() input: SwitchTenant) {
    return this.sessions.switchTenant(ctx, input);
  }

  /** Ends all of the caller's sessions but this one. */
  @Post('revoke-others')
  @HttpCode(200)
  @Endpoint(sessionsApi.revokeOthers, { summary: 'End all my other sessions' })
  revokeOthers(@RequestCtx() ctx: Ctx, @Input() input: Nothing) {
    return this.sessions.revokeOthers(ctx, input);
  }

  /** Ends one of the caller's sessions. */
  @Delete(':sessionId')
  @HttpCode(204)
  @Endpoint(sessionsApi.revoke, { summary: 'End one of my sessions' })
  revoke(@RequestCtx() ctx: Ctx, @Input() input: SessionRef) {
    return this.sessions.revoke(ctx, input);
  }
}
