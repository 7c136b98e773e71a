import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import type { Clock } from '@leadwire/kernel';
import { CONFIG, LOGGER, type Logger } from '@leadwire/platform';
import { HealthController } from './health.controller.js';
import { MailStore } from './mails/mail-store.js';
import { MailsController } from './mails/mails.controller.js';
import { MisbehavioursController } from './misbehaviours/misbehaviours.controller.js';
import { MisbehavioursService } from './misbehaviours/misbehaviours.service.js';
import { PageController } from './page/page.controller.js';
import type { SandboxConfig } from './sandbox.config.js';
import { SandboxMetrics } from './sandbox.metrics.js';
import { SmtpService } from './smtp/smtp.service.js';
import { CheckoutController } from './stripe/checkout/checkout.controller.js';
import { SessionSweeper } from './stripe/checkout/session-sweeper.js';
import { StripeControlsController } from './stripe/controls/stripe-controls.controller.js';
import { StripeState } from './stripe/state/stripe-state.js';
import { WebhookEndpoint } from './stripe/webhooks/webhook-endpoint.js';
import { WebhookSender } from './stripe/webhooks/webhook-sender.js';
import { StripeApi } from './stripe/wire/stripe-api.js';
import { StripeController } from './stripe/wire/stripe.controller.js';
import { TextStore } from './texts/text-store.js';
import { TextsController } from './texts/texts.controller.js';
import { TwilioController } from './texts/twilio.controller.js';

@Module({})
export class SandboxModule implements OnApplicationShutdown {
  constructor(
    @Inject(MailStore) private readonly mails: MailStore,
    @Inject(StripeState) private readonly stripe: StripeState,
  ) {}

  static with(config: SandboxConfig, logger: Logger, clock: Clock): DynamicModule {
    return {
      module: SandboxModule,
      controllers: [
        PageController,
        MailsController,
        TextsController,
        TwilioController,
        MisbehavioursController,
        StripeController,
        CheckoutController,
        StripeControlsController,
        HealthController,
      ],
      providers: [
        { provide: CONFIG, useValue: config },
        { provide: LOGGER, useValue: logger },
        { provide: MailStore, useFactory: () => openMails(config, logger) },
        { provide: StripeState, useFactory: () => openStripe(config, logger, clock) },
        MisbehavioursService,
        SessionSweeper,
        StripeApi,
        WebhookEndpoint,
        WebhookSender,
        SandboxMetrics,
        SmtpService,
        TextStore,
      ],
    };
  }

  /** Runs after the servers have closed, so nothing is still on its way to the journals. */
  onApplicationShutdown(): Promise<void> {
    this.stripe.close();
    return this.mails.close();
  }
}

async function openMails({ SANDBOX_DATA_DIR }: SandboxConfig, logger: Logger): Promise<MailStore> {
  const mails = await MailStore.open(SANDBOX_DATA_DIR);
  if (mails.unreadable > 0)
    logger.warn({ lines: mails.unreadable }, 'the journal has lines that are no mails');
  return mails;
}

function openStripe({ SANDBOX_DATA_DIR }: SandboxConfig, logger: Logger, clock: Clock): StripeState {
  const state = StripeState.open(SANDBOX_DATA_DIR, clock);
  if (state.unreadable > 0)
    logger.warn({ lines: state.unreadable }, 'the journal has lines that are no payments');
  return state;
}
