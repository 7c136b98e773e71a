import { Controller, Get } from '@nestjs/common';
import { ListPrices, pricesApi, type PricesApi } from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

@Controller('billing/prices')
export class PricesController {
  constructor(@PassThrough(pricesApi) private readonly prices: PricesApi) {}

  /** Lists the prices that apply to the tenant. */
  @Get()
  @Endpoint(pricesApi.list, { summary: 'List prices' })
  list(@RequestCtx() ctx: Ctx, @Input() input: ListPrices) {
    return this.prices.list(ctx, input);
  }
}
