import { Controller, Delete, Get, HttpCode, Put } from '@nestjs/common';
import { Nothing, PaymentMethodRef, paymentMethodsApi, type PaymentMethodsApi } from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

/** The team's saved cards. */
@Controller('billing/payment-methods')
export class PaymentMethodsController {
  constructor(@PassThrough(paymentMethodsApi) private readonly methods: PaymentMethodsApi) {}

  /** Lists the saved cards, the default first. */
  @Get()
  @Endpoint(paymentMethodsApi.list, { summary: 'List saved cards' })
  list(@RequestCtx() ctx: Ctx, @Input() input: Nothing) {
    return this.methods.list(ctx, input);
  }

  /** Makes a saved card the one that is charged where no other is named. */
  @Put(':paymentMethodId/default')
  @Endpoint(paymentMethodsApi.makeDefault, { summary: 'Make a saved card the default' })
  makeDefault(@RequestCtx() ctx: Ctx, @Input() input: PaymentMethodRef) {
    return this.methods.makeDefault(ctx, input);
  }

  /** Forgets a saved card, here and at the payment provider. */
  @Delete(':paymentMethodId')
  @HttpCode(204)
  @Endpoint(paymentMethodsApi.remove, { summary: 'Forget a saved card' })
  remove(@RequestCtx() ctx: Ctx, @Input() input: PaymentMethodRef) {
    return this.methods.remove(ctx, input);
  }
}
