import { Controller, Get, Post } from '@nestjs/common';
import { CreateTopUp, ListTopUps, TopUpRef, topUpsApi, type TopUpsApi } from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

/** Payments into the wallet on the provider's page, and what became of each. */
@Controller('billing/top-ups')
export class TopUpsController {
  constructor(@PassThrough(topUpsApi) private readonly topUps: TopUpsApi) {}

  /** Opens a page to pay on by card; the wallet is topped up when it is paid. */
  @Post()
  @Endpoint(topUpsApi.create, { summary: 'Top the wallet up by card' })
  create(@RequestCtx() ctx: Ctx, @Input() input: CreateTopUp) {
    return this.topUps.create(ctx, input);
  }

  /** Lists payments by card, newest first. */
  @Get()
  @Endpoint(topUpsApi.list, { summary: 'List top-ups' })
  list(@RequestCtx() ctx: Ctx, @Input() input: ListTopUps) {
    return this.topUps.list(ctx, input);
  }

  /** Reads one payment by card. */
  @Get(':topUpId')
  @Endpoint(topUpsApi.get, { summary: 'Read a top-up' })
  get(@RequestCtx() ctx: Ctx, @Input() input: TopUpRef) {
    return this.topUps.get(ctx, input);
  }

  /** Closes the page of a top-up that is not paid yet. */
  @Post(':topUpId/cancel')
  @Endpoint(topUpsApi.cancel, { summary: 'Cancel a top-up', status: 200 })
  cancel(@RequestCtx() ctx: Ctx, @Input() input: TopUpRef) {
    return this.topUps.cancel(ctx, input);
  }
}
