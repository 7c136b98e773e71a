import { Controller, Get } from '@nestjs/common';
import { Nothing, quotasApi, type QuotasApi } from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

/** How much of each feature the team may use, and what is left. */
@Controller('billing/entitlements')
export class QuotasController {
  constructor(@PassThrough(quotasApi) private readonly quotas: QuotasApi) {}

  /** Lists what the team may use of each feature in a day and a month, what is used and left, and when it begins anew. */
  @Get()
  @Endpoint(quotasApi.list, { summary: 'List quotas' })
  list(@RequestCtx() ctx: Ctx, @Input() input: Nothing) {
    return this.quotas.list(ctx, input);
  }
}
