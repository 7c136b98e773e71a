import { Controller, Get, Post } from '@nestjs/common';
import { ListPrices, pricesApi, RequestQuote, type PricesApi } from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

/** What things cost this team, now or on another day. */
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

/** What usage would cost if it happened now. */
@Controller('billing/quotes')
export class QuotesController {
  constructor(@PassThrough(pricesApi) private readonly prices: PricesApi) {}

  /** Says what usage would cost, with what was used this month so far; nothing is held or charged. */
  @Post()
  @Endpoint(pricesApi.quote, { summary: 'Ask what usage would cost', status: 200 })
  quote(@RequestCtx() ctx: Ctx, @Input() input: RequestQuote) {
    return this.prices.quote(ctx, input);
  }
}
