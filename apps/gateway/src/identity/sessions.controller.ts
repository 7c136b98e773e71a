import { Controller, Delete, Header, HttpCode, Post } from '@nestjs/common';
import { accountsApi, LogIn, Nothing, RefreshSession, type AccountsApi } from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

@Controller('sessions')
export class SessionsController {
  constructor(@PassThrough(accountsApi) private readonly accounts: AccountsApi) {}

  /** Begins a session with e-mail address and password. */
  @Post()
  @Header('cache-control', 'no-store')
  @Endpoint(accountsApi.logIn, { summary: 'Log in' })
  create(@RequestCtx() ctx: Ctx, @Input() input: LogIn) {
    return this.accounts.logIn(ctx, input);
  }

  /** Exchanges a refresh token, once, for new tokens. */
  @Post('refresh')
  @Header('cache-control', 'no-store')
  @HttpCode(200)
  @Endpoint(accountsApi.refresh, { summary: 'Renew a session' })
  refresh(@RequestCtx() ctx: Ctx, @Input() input: RefreshSession) {
    return this.accounts.refresh(ctx, input);
  }

  /** Ends the session of the access token. */
  @Delete('current')
  @HttpCode(204)
  @Endpoint(accountsApi.logOut, { summary: 'Log out' })
  remove(@RequestCtx() ctx: Ctx, @Input() input: Nothing) {
    return this.accounts.logOut(ctx, input);
  }
}
