import { Controller, Get } from '@nestjs/common';
import { ChargeRef, chargesApi, type ChargesApi } from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

/** Explains a charge down to the last digit. */
@Controller('billing/charges')
export class ChargesController {
  constructor(@PassThrough(chargesApi) private readonly charges: ChargesApi) {}

  /** Explains a charge, by its usage event or its posting, so that anybody can work it out again. */
  @Get(':chargeId/receipt')
  @Endpoint(chargesApi.receipt, { summary: 'Read the receipt of a charge' })
  receipt(@RequestCtx() ctx: Ctx, @Input() input: ChargeRef) {
    return this.charges.receipt(ctx, input);
  }
}
