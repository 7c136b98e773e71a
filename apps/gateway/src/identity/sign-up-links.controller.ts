import { Controller, Header, HttpCode, Post } from '@nestjs/common';
import { RequestSignUpLink, signUpLinksApi, SignUpWithLink, type SignUpLinksApi } from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

/** Makes a team with its owner, who shows by a mailed link that the address is theirs. */
@Controller('sign-up-links')
export class SignUpLinksController {
  constructor(@PassThrough(signUpLinksApi) private readonly links: SignUpLinksApi) {}

  /** Mails a link to sign up with; the answer is the same for an address that has an account, whose owner is told of it by mail. */
  @Post()
  @HttpCode(202)
  @Endpoint(signUpLinksApi.request, { summary: 'Ask for a link to sign up' })
  create(@RequestCtx() ctx: Ctx, @Input() input: RequestSignUpLink) {
    return this.links.request(ctx, input);
  }

  /** Makes a team, its owner's account and a first session with the token that was mailed. */
  @Post('confirm')
  @Header('cache-control', 'no-store')
  @Endpoint(signUpLinksApi.confirm, { summary: 'Sign up with a mailed link', session: 'answers' })
  confirm(@RequestCtx() ctx: Ctx, @Input() input: SignUpWithLink) {
    return this.links.confirm(ctx, input);
  }
}
