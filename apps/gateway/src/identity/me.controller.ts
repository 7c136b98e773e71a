import { Controller, Get } from '@nestjs/common';
import { accountsApi, Nothing, type AccountsApi } from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

@Controller('me')
export class MeController {
  constructor(@PassThrough(accountsApi) private readonly accounts: AccountsApi) {}

  /** Who is signed in, in which team, and what they may do there. */
  @Get()
  @Endpoint(accountsApi.me, { summary: 'Read the signed-in user' })
  get(@RequestCtx() ctx: Ctx, @Input() input: Nothing) {
    return this.accounts.me(ctx, input);
  }
}
