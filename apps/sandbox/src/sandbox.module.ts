import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
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
import { TextStore } from './texts/text-store.js';
import { TextsController } from './texts/texts.controller.js';
import { TwilioController } from './texts/twilio.controller.js';

@Module({})
export class SandboxModule implements OnApplicationShutdown {
  constructor(@Inject(MailStore) private readonly mails: MailStore) {}

  static with(config: SandboxConfig, logger: Logger): DynamicModule {
    return {
      module: SandboxModule,
      controllers: [
        PageController,
        MailsController,
        TextsController,
        TwilioController,
        MisbehavioursController,
        HealthController,
      ],
      providers: [
        { provide: CONFIG, useValue: config },
        { provide: LOGGER, useValue: logger },
        { provide: MailStore, useFactory: () => openMails(config, logger) },
        MisbehavioursService,
        SandboxMetrics,
        SmtpService,
        TextStore,
      ],
    };
  }

  /** Runs after the mail server has closed, so no mail is still on its way to the journal. */
  onApplicationShutdown(): Promise<void> {
    return this.mails.close();
  }
}

async function openMails({ SANDBOX_DATA_DIR }: SandboxConfig, logger: Logger): Promise<MailStore> {
  const mails = await MailStore.open(SANDBOX_DATA_DIR);
  if (mails.unreadable > 0)
    logger.warn({ lines: mails.unreadable }, 'the journal has lines that are no mails');
  return mails;
}
