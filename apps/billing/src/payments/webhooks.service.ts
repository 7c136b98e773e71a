import { Inject } from '@nestjs/common';
import { webhooksApi, type ReceiveWebhook, type WebhooksApi } from '@leadwire/contracts';
import { Clock, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { PaymentEvents } from './payment-events.js';
import { PaymentProvider } from './payment-provider.js';

/** Takes what the payment provider sends, if its signature is right, and answers before anything is done about it. */
@Serves(webhooksApi)
export class WebhooksService implements WebhooksApi {
  constructor(
    @Inject(PaymentProvider) private readonly provider: PaymentProvider,
    @Inject(PaymentEvents) private readonly events: PaymentEvents,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  async receive(_: Ctx, { body, signature }: ReceiveWebhook): Promise<void> {
    const event = this.provider.readWebhook(Buffer.from(body, 'base64'), signature, this.clock.now());
    await this.events.keep(event, 'webhook');
  }
}
