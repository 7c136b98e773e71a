import { Controller, Get } from '@nestjs/common';
import { creditsApi, ListCreditLots, type CreditsApi } from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

/** The lots of credit in the team's wallet: what is left of each, and until when. */
@Controller('billing/credit-lots')
export class CreditsController {
  constructor(@PassThrough(creditsApi) private readonly credits: CreditsApi) {}

  /** Lists what the money in the wallet is made of: what was paid and what was given, what is left of it, and until when. */
  @Get()
  @Endpoint(creditsApi.list, { summary: 'List credit lots' })
  list(@RequestCtx() ctx: Ctx, @Input() input: ListCreditLots) {
    return this.credits.list(ctx, input);
  }
}
