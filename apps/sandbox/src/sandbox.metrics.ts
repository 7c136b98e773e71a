import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Registry } from 'prom-client';
import { MailStore } from './mails/mail-store.js';
import { StripeState } from './stripe/state/stripe-state.js';

/** What the sandbox counts about itself. */
@Injectable()
export class SandboxMetrics {
  readonly registry = new Registry();
  readonly received = new Counter({
    name: 'sandbox_mails_received_total',
    help: 'Mails stored, also those that were stored without being answered.',
    registers: [this.registry],
  });
  readonly rejected = new Counter({
    name: 'sandbox_rejections_total',
    help: 'Log-ins, senders, recipients and mails refused, by SMTP code; "dropped" for a connection closed without an answer.',
    labelNames: ['code'] as const,
    registers: [this.registry],
  });

  readonly webhooks = new Counter({
    name: 'sandbox_webhooks_total',
    help: 'Webhooks of the payment provider by what became of them: "taken" (2xx), "refused" (another answer or none), "lost" (as asked).',
    labelNames: ['result'] as const,
    registers: [this.registry],
  });

  constructor(mails: MailStore, stripe: StripeState) {
    const registers = [this.registry];
    new Gauge({
      name: 'sandbox_mails_kept',
      help: 'Mails that can be read.',
      registers,
      collect() {
        this.set(mails.size);
      },
    });
    new Gauge({
      name: 'sandbox_payments_kept',
      help: 'Payments that can be asked for.',
      registers,
      collect() {
        this.set(stripe.count('payment_intent'));
      },
    });
  }
}
