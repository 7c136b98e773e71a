import { Controller, Delete, Get, HttpCode, Patch, Post } from '@nestjs/common';
import {
  accountsApi,
  ChangePassword,
  ConfirmPhone,
  emailsApi,
  Nothing,
  passwordsApi,
  profileApi,
  RequestEmailChange,
  UpdateProfile,
  type AccountsApi,
  type EmailsApi,
  type PasswordsApi,
  type ProfileApi,
} from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

/** The caller: profile, address, password, phone, picture. */
@Controller('me')
export class MeController {
  constructor(
    @PassThrough(accountsApi) private readonly accounts: AccountsApi,
    @PassThrough(emailsApi) private readonly emails: EmailsApi,
    @PassThrough(passwordsApi) private readonly passwords: PasswordsApi,
    @PassThrough(profileApi) private readonly profile: ProfileApi,
  ) {}

  /** Who is signed in, in which team, and what they may do there. */
  @Get()
  @Endpoint(accountsApi.me, { summary: 'Read the signed-in user' })
  get(@RequestCtx() ctx: Ctx, @Input() input: Nothing) {
    return this.accounts.me(ctx, input);
  }

  /** Changes the given fields; another phone number has to be confirmed again. */
  @Patch()
  @Endpoint(profileApi.update, { summary: "Change the signed-in user's profile" })
  update(@RequestCtx() ctx: Ctx, @Input() input: UpdateProfile) {
    return this.profile.update(ctx, input);
  }

  /** Changes the password; all other sessions end. */
  @Post('password')
  @HttpCode(204)
  @Endpoint(passwordsApi.change, { summary: 'Change the password' })
  changePassword(@RequestCtx() ctx: Ctx, @Input() input: ChangePassword) {
    return this.passwords.change(ctx, input);
  }

  /** Mails the link that confirms the address again. */
  @Post('email-verification')
  @HttpCode(202)
  @Endpoint(emailsApi.sendVerification, { summary: 'Ask for the confirmation of the address again' })
  sendVerification(@RequestCtx() ctx: Ctx, @Input() input: Nothing) {
    return this.emails.sendVerification(ctx, input);
  }

  /** Asks the old and the new address for their confirmation; nothing changes before both have given it. */
  @Post('email-change')
  @HttpCode(202)
  @Endpoint(emailsApi.requestChange, { summary: 'Change the e-mail address' })
  requestEmailChange(@RequestCtx() ctx: Ctx, @Input() input: RequestEmailChange) {
    return this.emails.requestChange(ctx, input);
  }

  /** Ends a change of address that is under way. */
  @Delete('email-change')
  @HttpCode(204)
  @Endpoint(emailsApi.cancelChange, { summary: 'Cancel a change of the e-mail address' })
  cancelEmailChange(@RequestCtx() ctx: Ctx, @Input() input: Nothing) {
    return this.emails.cancelChange(ctx, input);
  }

  /** Texts a code to the phone number of the profile. */
  @Post('phone-code')
  @HttpCode(202)
  @Endpoint(profileApi.sendPhoneCode, { summary: 'Ask for a code by text' })
  sendPhoneCode(@RequestCtx() ctx: Ctx, @Input() input: Nothing) {
    return this.profile.sendPhoneCode(ctx, input);
  }

  /** Confirms the phone number with the code that was texted to it. */
  @Post('phone-code/confirm')
  @HttpCode(204)
  @Endpoint(profileApi.confirmPhone, { summary: 'Confirm the phone number' })
  confirmPhone(@RequestCtx() ctx: Ctx, @Input() input: ConfirmPhone) {
    return this.profile.confirmPhone(ctx, input);
  }
}
