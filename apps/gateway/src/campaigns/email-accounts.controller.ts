import { Controller, Delete, Get, HttpCode, Patch, Post } from '@nestjs/common';
import {
  CreateEmailAccount,
  EmailAccountRef,
  emailAccountsApi,
  PageRequest,
  UpdateEmailAccount,
  type EmailAccountsApi,
} from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

/** The accounts that campaigns send from. */
@Controller('email-accounts')
export class EmailAccountsController {
  constructor(@PassThrough(emailAccountsApi) private readonly accounts: EmailAccountsApi) {}

  /** Adds an account to send from. Its password is sealed and never returned. */
  @Post()
  @Endpoint(emailAccountsApi.create, { summary: 'Add an e-mail account' })
  create(@RequestCtx() ctx: Ctx, @Input() input: CreateEmailAccount) {
    return this.accounts.create(ctx, input);
  }

  /** The tenant's accounts, newest first. */
  @Get()
  @Endpoint(emailAccountsApi.list, { summary: 'List e-mail accounts' })
  list(@RequestCtx() ctx: Ctx, @Input() input: PageRequest) {
    return this.accounts.list(ctx, input);
  }

  /** One account, with what it has sent today. */
  @Get(':emailAccountId')
  @Endpoint(emailAccountsApi.get, { summary: 'Read an e-mail account' })
  get(@RequestCtx() ctx: Ctx, @Input() input: EmailAccountRef) {
    return this.accounts.get(ctx, input);
  }

  /** Changes an account; `isActive: true` puts a paused one back to work. */
  @Patch(':emailAccountId')
  @Endpoint(emailAccountsApi.update, { summary: 'Change an e-mail account' })
  update(@RequestCtx() ctx: Ctx, @Input() input: UpdateEmailAccount) {
    return this.accounts.update(ctx, input);
  }

  /** Removes an account that no running or paused campaign needs. */
  @Delete(':emailAccountId')
  @HttpCode(204)
  @Endpoint(emailAccountsApi.remove, { summary: 'Remove an e-mail account' })
  remove(@RequestCtx() ctx: Ctx, @Input() input: EmailAccountRef) {
    return this.accounts.remove(ctx, input);
  }

  /** Connects and logs in, without sending a mail, and says how far it came. */
  @Post(':emailAccountId/test')
  @HttpCode(200)
  @Endpoint(emailAccountsApi.test, { summary: "Test an e-mail account's connection" })
  test(@RequestCtx() ctx: Ctx, @Input() input: EmailAccountRef) {
    return this.accounts.test(ctx, input);
  }
}
