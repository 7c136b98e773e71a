import { Inject, Injectable } from '@nestjs/common';
import { CONFIG } from '@leadwire/platform';
import type { SandboxConfig } from '../../sandbox.config.js';

/** Where webhooks go and what they are signed with. */
export type Endpoint = { url: string; secrets: string[] };

/** The account's one endpoint: as configured, until a control replaces it. Without a URL nothing is sent. */
@Injectable()
export class WebhookEndpoint {
  private endpoint: Endpoint;

  constructor(@Inject(CONFIG) { STRIPE_WEBHOOK_URL, STRIPE_WEBHOOK_SECRET }: SandboxConfig) {
    this.endpoint = {
      url: STRIPE_WEBHOOK_URL,
      secrets: STRIPE_WEBHOOK_SECRET === '' ? [] : [STRIPE_WEBHOOK_SECRET],
    };
  }

  get current(): Endpoint {
    return this.endpoint;
  }

  replace(endpoint: Endpoint): Endpoint {
    this.endpoint = endpoint;
    return endpoint;
  }
}
