import { Controller, Post, Req } from '@nestjs/common';
import { Nothing, webhooksApi, type ApiMethod, type WebhooksApi } from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { Client } from '@leadwire/messaging';
import type { FastifyRequest } from 'fastify';
import { Endpoint, RequestCtx } from '../http/endpoint.js';

/** What the payment provider sends is its own business: body and header are handed on as they came. */
const stripe: ApiMethod = { ...webhooksApi.receive, api: 'gateway.webhooks', name: 'stripe', input: Nothing };

/** Takes what the payment provider reports; its signature is checked on the bytes as they came. */
@Controller('webhooks')
export class WebhooksController {
  constructor(@Client(webhooksApi) private readonly webhooks: WebhooksApi) {}

  /** Takes an event of Stripe, signed in `Stripe-Signature` over the bytes of the body. */
  @Post('stripe')
  @Endpoint(stripe, { summary: 'Receive an event of Stripe', status: 204 })
  async receive(@RequestCtx() ctx: Ctx, @Req() { body, headers }: FastifyRequest): Promise<void> {
    const signature = headers['stripe-signature'];
    await this.webhooks.receive(ctx, {
      body: Buffer.isBuffer(body) ? body.toString('base64') : '',
      signature: typeof signature === 'string' ? signature : '',
    });
  }
}
