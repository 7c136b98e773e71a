import { Controller, Get, Put } from '@nestjs/common';
import { billingDetailsApi, Nothing, SetBillingDetails, type BillingDetailsApi } from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

/** To whom the team's invoices are made out, and which tax applies. */
@Controller('billing/details')
export class BillingDetailsController {
  constructor(@PassThrough(billingDetailsApi) private readonly details: BillingDetailsApi) {}

  /** Reads who invoices are made out to, and how they are taxed. */
  @Get()
  @Endpoint(billingDetailsApi.get, { summary: 'Read the billing details' })
  get(@RequestCtx() ctx: Ctx, @Input() input: Nothing) {
    return this.details.get(ctx, input);
  }

  /** Replaces them; invoices that exist keep what they say. */
  @Put()
  @Endpoint(billingDetailsApi.set, { summary: 'Set the billing details' })
  set(@RequestCtx() ctx: Ctx, @Input() input: SetBillingDetails) {
    return this.details.set(ctx, input);
  }
}
