import { Controller, Header, Post } from '@nestjs/common';
import { accountsApi, SignUp, type AccountsApi } from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

/** Makes a team with its owner. */
@Controller('sign-ups')
export class SignUpsController {
  constructor(@PassThrough(accountsApi) private readonly accounts: AccountsApi) {}

  /** Makes a team, its owner's account and a first session, where the operator has sign-up at once (`SIGN_UP_AT_ONCE`). */
  @Post()
  @Header('cache-control', 'no-store')
  @Endpoint(accountsApi.signUp, { summary: 'Sign up with a new team', session: 'answers' })
  create(@RequestCtx() ctx: Ctx, @Input() input: SignUp) {
    return this.accounts.signUp(ctx, input);
  }
}
