import { Controller, Get, Put } from '@nestjs/common';
import { autoTopUpApi, Nothing, SetAutoTopUp, type AutoTopUpApi } from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

/** Has the wallet topped up by a saved card when it runs low. */
@Controller('billing/auto-top-up')
export class AutoTopUpController {
  constructor(@PassThrough(autoTopUpApi) private readonly autoTopUp: AutoTopUpApi) {}

  /** Reads when the wallet is topped up by itself, and how that went lately. */
  @Get()
  @Endpoint(autoTopUpApi.get, { summary: 'Read how the wallet is topped up by itself' })
  get(@RequestCtx() ctx: Ctx, @Input() input: Nothing) {
    return this.autoTopUp.get(ctx, input);
  }

  /** Says when, by how much and with which card the wallet is topped up by itself. */
  @Put()
  @Endpoint(autoTopUpApi.set, { summary: 'Set how the wallet is topped up by itself' })
  set(@RequestCtx() ctx: Ctx, @Input() input: SetAutoTopUp) {
    return this.autoTopUp.set(ctx, input);
  }
}
