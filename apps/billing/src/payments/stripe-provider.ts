import { Inject, Injectable } from '@nestjs/common';
import { paymentErrors } from '@leadwire/contracts';
import { AppError, assert } from '@leadwire/kernel';
import { CONFIG, type ConfigOf } from '@leadwire/platform';
import Stripe from 'stripe';
import type { billingConfig } from '../billing.config.js';
import {
  PaymentProvider,
  type Charged,
  type ChargeOrder,
  type Checkout,
  type CheckoutOrder,
  type Payment,
  type PaymentOwner,
  type ProviderEvent,
  type ProviderReversal,
  type RefundOrder,
  type SavedMethod,
} from './payment-provider.js';
import { toStripeAmount } from './stripe-amounts.js';
import { declineOf, failureOf, isMissing } from './stripe-failures.js';
import {
  disputeReversal,
  EVENT_TYPES,
  metadataOf,
  ownerOf,
  refundReversal,
  toCheckout,
  toEvent,
  toMethod,
  toPayment,
} from './stripe-objects.js';

/** A try and one more, with the wait between them, end before the request of a person does. */
const TIMEOUT_MS = 4_000;
const RETRIES = 1;
const PAGE = 100;
/** Where a refund says which of ours it is. */
const REFUND_KEY = 'leadwire_refund';
/** How far the clock of a webhook may be from ours, either way. */
const TOLERANCE_S = 300;

type Config = Pick<
  ConfigOf<typeof billingConfig>,
  'STRIPE_SECRET_KEY' | 'STRIPE_API_URL' | 'STRIPE_WEBHOOK_SECRETS' | 'STRIPE_LIVEMODE' | 'APP_URL'
>;

/** Stripe, by its own library. Every request that spends carries a key of ours, which outlives this process. */
@Injectable()
export class StripeProvider extends PaymentProvider {
  private readonly client: Stripe | undefined;
  private readonly secrets: string[];

  constructor(@Inject(CONFIG) private readonly config: Config) {
    super();
    this.client = config.STRIPE_SECRET_KEY ? clientOf(config) : undefined;
    this.secrets = config.STRIPE_WEBHOOK_SECRETS.split(',')
      .map((secret) => secret.trim())
      .filter(Boolean);
  }

  override get enabled(): boolean {
    return this.client !== undefined;
  }

  override createCustomer(tenantId: string): Promise<string> {
    return this.ask(async (stripe) => {
      const metadata = { leadwire_tenant: tenantId };
      const { id } = await stripe.customers.create({ metadata }, { idempotencyKey: `customer:${tenantId}` });
      return id;
    });
  }

  override async deleteCustomer(customerId: string): Promise<void> {
    await this.orMissing((stripe) => stripe.customers.del(customerId));
  }

  override openCheckout(order: CheckoutOrder): Promise<Checkout> {
    const { customerId, amount, currency, topUpId, attempt, savesMethod } = order;
    const metadata = metadataOf(order);
    const back = `${this.config.APP_URL.replace(/\/+$/, '')}/billing/top-ups/${topUpId}`;
    return this.ask(async (stripe) => {
      const session = await stripe.checkout.sessions.create(
        {
          mode: 'payment',
          customer: customerId,
          client_reference_id: topUpId,
          line_items: [
            {
              quantity: 1,
              price_data: {
                currency: currency.toLowerCase(),
                unit_amount: toStripeAmount(amount, currency),
                product_data: { name: 'Leadwire credit' },
              },
            },
          ],
          success_url: back,
          cancel_url: back,
          metadata,
          // Stripe does not copy what the session carries.
          payment_intent_data: {
            metadata,
            ...(savesMethod ? { setup_future_usage: 'off_session' as const } : {}),
          },
        },
        { idempotencyKey: `checkout:${topUpId}:${attempt}` },
      );
      return toCheckout(session);
    });
  }

  override async closeCheckout(id: string): Promise<void> {
    await this.ask((stripe) => stripe.checkout.sessions.expire(id, {}, { idempotencyKey: `close:${id}` }));
  }

  override async checkout(id: string): Promise<Checkout | undefined> {
    const session = await this.orMissing((stripe) => stripe.checkout.sessions.retrieve(id));
    return session && toCheckout(session);
  }

  override charge(order: ChargeOrder): Promise<Charged> {
    const { customerId, methodId, amount, currency, topUpId, attempt } = order;
    return this.ask(async (stripe) => {
      try {
        const { id } = await stripe.paymentIntents.create(
          {
            amount: toStripeAmount(amount, currency),
            currency: currency.toLowerCase(),
            customer: customerId,
            payment_method: methodId,
            off_session: true,
            confirm: true,
            // Nobody is there to confirm it: better declined at once than waiting for ever.
            error_on_requires_action: true,
            description: 'Leadwire credit, topped up automatically',
            metadata: metadataOf(order),
          },
          { idempotencyKey: `topup:${topUpId}:${attempt}` },
        );
        return { paymentId: id };
      } catch (error) {
        const decline = declineOf(error);
        if (!decline) throw error;
        const { paymentId, code } = decline;
        return paymentId === null ? { paymentId, declined: code } : { paymentId };
      }
    });
  }

  override async payment(id: string): Promise<Payment | undefined> {
    const intent = await this.orMissing((stripe) => stripe.paymentIntents.retrieve(id));
    if (!intent) return undefined;
    const paid = intent.status === 'succeeded' && ownerOf(intent.metadata) !== null;
    return toPayment(intent, paid ? await this.reversalsOf(id) : []);
  }

  override findPayment(owner: PaymentOwner, customer: string, since: Date): Promise<string | undefined> {
    return this.ask(async (stripe) => {
      const created = { gte: Math.floor(since.getTime() / 1000) - TOLERANCE_S };
      for await (const { id, metadata } of stripe.paymentIntents.list({ customer, created, limit: PAGE }))
        if (ownerOf(metadata)?.topUpId === owner.topUpId) return id;
      return undefined;
    });
  }

  override async refund(order: RefundOrder): Promise<void> {
    const { paymentId, key, amount, currency, reason, topUpId } = order;
    await this.ask((stripe) =>
      stripe.refunds.create(
        {
          payment_intent: paymentId,
          amount: toStripeAmount(amount, currency),
          metadata: { ...metadataOf(order), [REFUND_KEY]: key, leadwire_reason: reason },
        },
        { idempotencyKey: `refund:${topUpId}:${key}` },
      ),
    );
  }

  // Stripe forgets keys after a day at the earliest; what it says of the refund stays.
  override wasRefunded(paymentId: string, key: string): Promise<boolean> {
    return this.ask(async (stripe) => {
      for await (const { metadata } of stripe.refunds.list({ payment_intent: paymentId, limit: PAGE }))
        if (metadata?.[REFUND_KEY] === key) return true;
      return false;
    });
  }

  override async method(id: string): Promise<SavedMethod | undefined> {
    const found = await this.orMissing((stripe) => stripe.paymentMethods.retrieve(id));
    return found && toMethod(found);
  }

  override async detachMethod(id: string): Promise<void> {
    await this.orMissing(async (stripe) => {
      try {
        await stripe.paymentMethods.detach(id);
      } catch (error) {
        // Whoever detached it before, and died before saying so, has done what is asked.
        if (isMissing(error) || (await stripe.paymentMethods.retrieve(id)).customer !== null) throw error;
      }
    });
  }

  override async *events(since: Date): AsyncIterable<ProviderEvent> {
    const client = this.required();
    const created = { gte: Math.floor(since.getTime() / 1000) };
    try {
      for await (const event of client.events.list({ types: [...EVENT_TYPES], created, limit: PAGE }))
        yield toEvent(event);
    } catch (error) {
      throw failureOf(error);
    }
  }

  override readWebhook(body: Buffer, signature: string, now: Date): ProviderEvent {
    const event = this.verified(body, signature, now);
    // The library itself takes any time to come for just now.
    const signedAt = Number(/(?:^|,)\s*t=(\d{1,12})/.exec(signature)?.[1]);
    if (signedAt - now.getTime() / 1000 > TOLERANCE_S) throw paymentErrors.signature_stale();
    if (event?.object !== 'event' || typeof event.id !== 'string' || !event.data?.object)
      throw paymentErrors.event_unreadable();
    if (event.livemode !== this.config.STRIPE_LIVEMODE) throw paymentErrors.other_mode();
    // Only events of accounts that are connected to ours name one.
    if (event.account) throw paymentErrors.other_account();
    return toEvent(event);
  }

  // While a secret is rotated there are two, of which Stripe may have signed with either or both.
  private verified(body: Buffer, signature: string, now: Date): Stripe.Event {
    const { signature: signatures } = this.required().webhooks;
    assert(signatures, 'the library checks signatures');
    let reason = 'no secret is set up';
    for (const secret of this.secrets) {
      try {
        signatures.verifyHeader(body, signature, secret, TOLERANCE_S, undefined, now.getTime());
        return eventIn(body);
      } catch (error) {
        if (error instanceof AppError) throw error;
        // The library throws errors of several kinds at headers that are none.
        reason = String(error);
        if (/tolerance/i.test(reason)) throw paymentErrors.signature_stale({ internal: reason });
      }
    }
    throw paymentErrors.signature_invalid({ internal: reason });
  }

  private reversalsOf(paymentId: string): Promise<ProviderReversal[]> {
    return this.ask(async (stripe) => {
      const of = { payment_intent: paymentId, limit: PAGE };
      const found: ProviderReversal[] = [];
      for await (const refund of stripe.refunds.list(of)) found.push(refundReversal(refund));
      for await (const dispute of stripe.disputes.list(of)) {
        const reversal = disputeReversal(dispute);
        if (reversal) found.push(reversal);
      }
      return found;
    });
  }

  private required(): Stripe {
    if (!this.client) throw paymentErrors.switched_off();
    return this.client;
  }

  private async ask<T>(work: (stripe: Stripe) => Promise<T>): Promise<T> {
    const client = this.required();
    try {
      return await work(client);
    } catch (error) {
      throw failureOf(error);
    }
  }

  private orMissing<T>(work: (stripe: Stripe) => Promise<T>): Promise<T | undefined> {
    return this.ask((stripe) =>
      work(stripe).catch((error: unknown) => {
        if (isMissing(error)) return undefined;
        throw error;
      }),
    );
  }
}

function clientOf({ STRIPE_SECRET_KEY, STRIPE_API_URL }: Config): Stripe {
  const where = STRIPE_API_URL ? new URL(STRIPE_API_URL) : undefined;
  return new Stripe(STRIPE_SECRET_KEY, {
    timeout: TIMEOUT_MS,
    maxNetworkRetries: RETRIES,
    telemetry: false,
    ...(where
      ? {
          protocol: where.protocol === 'http:' ? ('http' as const) : ('https' as const),
          host: where.hostname,
          ...(where.port ? { port: where.port } : {}),
        }
      : {}),
  });
}

/** Read only after its signature was right. @throws AppError `payment.event_unreadable` */
function eventIn(body: Buffer): Stripe.Event {
  try {
    return JSON.parse(body.toString('utf8')) as Stripe.Event;
  } catch (cause) {
    throw paymentErrors.event_unreadable({ cause });
  }
}
