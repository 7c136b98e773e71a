import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '@leadwire/kernel';
import { eventually } from '@leadwire/testing';
import Stripe from 'stripe';
import { RunningSandbox, STRIPE_KEY } from './running-sandbox.js';

export const SECRET = 'whsec_of_the_tests';

/** What came in at the webhook's door, as the real SDK sees it. */
export type Delivery = { event?: Stripe.Event; error?: string; header: string | undefined; body: string };

/** A sandbox with the real SDK pointed at it and a door for its webhooks that checks them with the same SDK. */
export class StripeAccount {
  readonly deliveries: Delivery[] = [];
  /** What the door answers. */
  status = 200;
  private readonly server: Server;
  private running: { sandbox: RunningSandbox; stripe: Stripe } | undefined;

  private constructor() {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        this.take(Buffer.concat(chunks).toString(), request.headers['stripe-signature']);
        response.writeHead(this.status).end();
      });
    });
  }

  static async start(dataDir = '', clock?: Clock): Promise<StripeAccount> {
    const account = new StripeAccount();
    await new Promise<void>((resolve) => account.server.listen(0, '127.0.0.1', resolve));
    const config = { STRIPE_WEBHOOK_URL: account.door, STRIPE_WEBHOOK_SECRET: SECRET };
    const sandbox = await RunningSandbox.start(dataDir, { clock, ...config });
    account.running = { sandbox, stripe: sdkFor(sandbox.url) };
    return account;
  }

  get sandbox(): RunningSandbox {
    return this.started.sandbox;
  }

  get stripe(): Stripe {
    return this.started.stripe;
  }

  /** Has webhooks signed with these secrets. */
  async signWith(secrets: string[]): Promise<void> {
    const body = { url: this.door, secrets };
    const response = await this.sandbox.request('PUT', '/stripe/webhook-endpoint', body);
    if (!response.ok) throw new Error(await response.text());
  }

  /** The types of the webhooks that came and were good, in the order of their coming. */
  get types(): string[] {
    return this.deliveries.flatMap(({ event }) => event?.type ?? []);
  }

  /** Waits until webhooks of all these types came and were good. */
  async announced(...types: string[]): Promise<void> {
    await eventually(() => types.every((type) => this.types.includes(type)));
  }

  ofType(type: string): Stripe.Event[] {
    return this.deliveries.flatMap(({ event }) => (event?.type === type ? [event] : []));
  }

  /** Submits one of the hosted pages as a browser would, without going where it leads. */
  submit(url: string | null, form: Record<string, string>): Promise<Response> {
    if (url === null) throw new Error('there is no page');
    return fetch(url, { method: 'POST', body: new URLSearchParams(form), redirect: 'manual' });
  }

  async stop(): Promise<void> {
    await this.sandbox.stop();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private get door(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook`;
  }

  private get started() {
    if (!this.running) throw new Error('the sandbox has not started');
    return this.running;
  }

  private take(body: string, header: string | string[] | undefined): void {
    const signature = [header].flat()[0];
    const came = { header: signature, body };
    try {
      this.deliveries.push({
        ...came,
        event: this.stripe.webhooks.constructEvent(body, signature ?? '', SECRET),
      });
    } catch (error) {
      this.deliveries.push({ ...came, error: (error as Error).message });
    }
  }
}

/** The real SDK, as billing is configured: only address and key differ. */
export function sdkFor(url: string, more: Partial<Stripe.StripeConfig> = {}): Stripe {
  const { hostname, port } = new URL(url);
  return new Stripe(STRIPE_KEY, {
    host: hostname,
    port,
    protocol: 'http',
    telemetry: false,
    maxNetworkRetries: 0,
    ...more,
  });
}

/** A checkout of 25 dollars that saves the card. */
export function topUp(
  more: Partial<Stripe.Checkout.SessionCreateParams> = {},
): Stripe.Checkout.SessionCreateParams {
  return {
    mode: 'payment',
    line_items: [
      { price_data: { currency: 'usd', unit_amount: 2500, product_data: { name: 'Credit' } }, quantity: 1 },
    ],
    success_url: 'https://app.test/paid?session={CHECKOUT_SESSION_ID}',
    cancel_url: 'https://app.test/left',
    client_reference_id: 'topup-1',
    metadata: { topUp: 'topup-1' },
    payment_intent_data: { metadata: { topUp: 'topup-1' }, setup_future_usage: 'off_session' },
    ...more,
  };
}
