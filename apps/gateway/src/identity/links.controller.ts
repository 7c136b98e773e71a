import { Controller, HttpCode, Post } from '@nestjs/common';
import {
  emailsApi,
  LinkToken,
  passwordsApi,
  RequestPasswordReset,
  ResetPassword,
  type EmailsApi,
  type PasswordsApi,
} from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

/** What links in mails lead to; who opens them need not be signed in. */
@Controller()
export class LinksController {
  constructor(
    @PassThrough(emailsApi) private readonly emails: EmailsApi,
    @PassThrough(passwordsApi) private readonly passwords: PasswordsApi,
  ) {}

  /** Confirms an address with the token that was mailed to it. */
  @Post('email-verifications')
  @HttpCode(204)
  @Endpoint(emailsApi.verify, { summary: 'Confirm an e-mail address' })
  verify(@RequestCtx() ctx: Ctx, @Input() input: LinkToken) {
    return this.emails.verify(ctx, input);
  }

  /** Confirms a change of address for one of the two addresses. */
  @Post('email-changes')
  @HttpCode(200)
  @Endpoint(emailsApi.confirmChange, { summary: 'Confirm a change of the e-mail address' })
  confirmChange(@RequestCtx() ctx: Ctx, @Input() input: LinkToken) {
    return this.emails.confirmChange(ctx, input);
  }

  /** Mails a link for a new password, if the address has an account; the answer is the same if it has none. */
  @Post('password-resets')
  @HttpCode(202)
  @Endpoint(passwordsApi.requestReset, { summary: 'Ask for a new password' })
  requestReset(@RequestCtx() ctx: Ctx, @Input() input: RequestPasswordReset) {
    return this.passwords.requestReset(ctx, input);
  }

  /** Sets a new password with the token that was mailed; all sessions end. */
  @Post('password-resets/confirm')
  @HttpCode(204)
  @Endpoint(passwordsApi.reset, { summary: 'Set a new password' })
  reset(@RequestCtx() ctx: Ctx, @Input() input: ResetPassword) {
    return this.passwords.reset(ctx, input);
  }
}
