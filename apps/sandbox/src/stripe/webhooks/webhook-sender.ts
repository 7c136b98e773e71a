import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type BeforeApplicationShutdown,
} from '@nestjs/common';
import { LOGGER, type Logger } from '@leadwire/platform';
import { MisbehavioursService, type Verdict } from '../../misbehaviours/misbehaviours.service.js';
import type { StripeWebhookBehaviour } from '../../misbehaviours/misbehaviour.js';
import { SandboxMetrics } from '../../sandbox.metrics.js';
import type { StripeEvent } from '../state/stripe-objects.js';
import { StripeState } from '../state/stripe-state.js';
import { tamper } from './tampering.js';
import { WebhookEndpoint } from './webhook-endpoint.js';

const TIMEOUT_MS = 10_000;
const RETRY_FIRST_MS = 1_000;
const RETRY_MAX_MS = 60_000;
const TRIES_MAX = 8;
const CONCURRENT_MAX = 16;
/** Events waiting to be sent; more are kept, but have to be asked for. */
const WAITING_MAX = 10_000;
const DUPLICATES = 3;
const USER_AGENT = 'Stripe/1.0 (+https://stripe.com/docs/webhooks)';

type Delivery = { event: StripeEvent; tries: number; behaviour?: StripeWebhookBehaviour };

/**
 * Sends each event to the endpoint: at least once, in no promised order, again with growing pauses until it is answered with
 * 2xx. Events that were on their way when the process ended are sent again at the next start.
 */
@Injectable()
export class WebhookSender implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly waiting: Delivery[] = [];
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly shuffled: Delivery[] = [];
  private shuffleTimer: NodeJS.Timeout | undefined;
  private sending = 0;
  private closed = false;

  constructor(
    private readonly state: StripeState,
    private readonly endpoint: WebhookEndpoint,
    private readonly misbehaviours: MisbehavioursService,
    private readonly metrics: SandboxMetrics,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    state.sendsWebhooks = () => endpoint.current.url !== '';
    state.onEvent((event) => this.dispatch(event));
  }

  onApplicationBootstrap(): void {
    if (this.endpoint.current.url === '') return;
    const pending = this.state.all('event').filter(({ pending_webhooks }) => pending_webhooks > 0);
    for (const event of pending.reverse()) this.queue({ event, tries: 0 });
  }

  beforeApplicationShutdown(): void {
    this.closed = true;
    for (const timer of this.timers) clearTimeout(timer);
    clearTimeout(this.shuffleTimer);
  }

  /** Sends an event once more, whatever became of it. */
  resend(event: StripeEvent): void {
    if (this.endpoint.current.url !== '') this.queue({ event, tries: 0 });
  }

  private dispatch(event: StripeEvent): void {
    if (this.endpoint.current.url === '') return;
    const verdict = this.misbehaviours.forStripeWebhook(event.type);
    if (verdict?.behaviour === 'lost') {
      this.metrics.webhooks.inc({ result: 'lost' });
      this.markDone(event);
      return;
    }
    this.misdeliver({ event, tries: 0, behaviour: verdict?.behaviour }, verdict);
  }

  private misdeliver(delivery: Delivery, verdict: Verdict<StripeWebhookBehaviour> | undefined): void {
    switch (verdict?.behaviour) {
      case 'late':
        return this.later(delivery, verdict.delayMs);
      case 'shuffle':
        return this.shuffle(delivery, verdict.delayMs);
      case 'duplicate':
        for (let i = 1; i < DUPLICATES; i += 1) this.queue(delivery);
    }
    this.queue(delivery);
  }

  /** Holds events until no more come for a while; the newest then goes first. */
  private shuffle(delivery: Delivery, waitMs: number): void {
    this.shuffled.unshift(delivery);
    clearTimeout(this.shuffleTimer);
    this.shuffleTimer = setTimeout(() => {
      void this.inTurn(this.shuffled.splice(0));
    }, waitMs);
  }

  private async inTurn(deliveries: Delivery[]): Promise<void> {
    for (const delivery of deliveries) await this.send(delivery);
  }

  private queue(delivery: Delivery): void {
    if (this.closed || this.waiting.length >= WAITING_MAX) return;
    this.waiting.push(delivery);
    this.pump();
  }

  private pump(): void {
    while (this.sending < CONCURRENT_MAX) {
      const next = this.waiting.shift();
      if (!next) return;
      this.sending += 1;
      void this.send(next).finally(() => {
        this.sending -= 1;
        this.pump();
      });
    }
  }

  private async send(delivery: Delivery): Promise<void> {
    if (this.closed) return;
    const { event, behaviour } = delivery;
    const { url, secrets } = this.endpoint.current;
    const sent = { ...event, pending_webhooks: 1 };
    const { body, signature } = tamper(sent, secrets, this.state.now, behaviour);
    try {
      const response = await fetch(url, {
        method: 'POST',
        body,
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'user-agent': USER_AGENT,
          ...(signature === undefined ? {} : { 'stripe-signature': signature }),
        },
        redirect: 'manual',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      await response.body?.cancel();
      if (response.ok) this.taken(event);
      else this.again(delivery, response.status);
    } catch {
      this.again(delivery, 0);
    }
  }

  private taken(event: StripeEvent): void {
    this.metrics.webhooks.inc({ result: 'taken' });
    this.markDone(event);
  }

  /** What was spoilt on purpose stays so: a wrong secret would not get right by itself either. */
  private again(delivery: Delivery, status: number): void {
    const tries = delivery.tries + 1;
    this.metrics.webhooks.inc({ result: 'refused' });
    this.logger.warn({ type: delivery.event.type, status, tries }, 'a webhook was not taken');
    if (tries >= TRIES_MAX) return;
    this.later({ ...delivery, tries }, Math.min(RETRY_FIRST_MS * 2 ** delivery.tries, RETRY_MAX_MS));
  }

  private later(delivery: Delivery, delayMs: number): void {
    if (this.closed) return;
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      this.queue(delivery);
    }, delayMs);
    this.timers.add(timer);
  }

  /** What cannot be written down is sent once more after a restart. */
  private markDone({ id }: StripeEvent): void {
    if (this.closed) return;
    try {
      this.state.run((change) => {
        const event = change.find('event', id);
        if (event) event.pending_webhooks = 0;
      });
    } catch (error) {
      this.logger.error({ err: error }, 'what became of a webhook could not be written down');
    }
  }
}
