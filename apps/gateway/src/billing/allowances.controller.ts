import { Controller, Get, Put } from '@nestjs/common';
import {
  allowancesApi,
  ListCreditTransactions,
  ListUserCredits,
  Nothing,
  SetAllowance,
  type AllowancesApi,
} from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

/** What each person may spend of the team's wallet in a month, and what they have spent. */
@Controller('billing/user-credits')
export class AllowancesController {
  constructor(@PassThrough(allowancesApi) private readonly allowances: AllowancesApi) {}

  /** Lists the members who have, or had, a monthly allowance, with what is left of it. */
  @Get()
  @Endpoint(allowancesApi.list, { summary: 'List monthly allowances' })
  list(@RequestCtx() ctx: Ctx, @Input() input: ListUserCredits) {
    return this.allowances.list(ctx, input);
  }

  /** Reads the caller's own allowance. */
  @Get('me')
  @Endpoint(allowancesApi.mine, { summary: 'Read your monthly allowance' })
  mine(@RequestCtx() ctx: Ctx, @Input() input: Nothing) {
    return this.allowances.mine(ctx, input);
  }

  /** Sets what a member may spend of the team's wallet in a month; null takes the limit away. */
  @Put(':userId')
  @Endpoint(allowancesApi.set, { summary: 'Set a monthly allowance' })
  set(@RequestCtx() ctx: Ctx, @Input() input: SetAllowance) {
    return this.allowances.set(ctx, input);
  }

  /** Lists every change of what a member has left, newest first. */
  @Get(':userId/transactions')
  @Endpoint(allowancesApi.transactions, { summary: "List a member's credit transactions" })
  transactions(@RequestCtx() ctx: Ctx, @Input() input: ListCreditTransactions) {
    return this.allowances.transactions(ctx, input);
  }
}
