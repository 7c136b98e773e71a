import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { HealthController } from './health.controller.js';
import { MailStore } from './mails/mail-store.js';
import { MailsController } from './mails/mails.controller.js';
import { MisbehavioursController } from './misbehaviours/misbehaviours.controller.js';
import { MisbehavioursService } from './misbehaviours/misbehaviours.service.js';
import { PageController } from './page/page.controller.js';
import { SandboxConfig } from './sandbox.config.js';
import { SandboxMetrics } from './sandbox.metrics.js';
import { SmtpService } from './smtp/smtp.service.js';

@Module({})
export class SandboxModule implements OnApplicationShutdown {
  constructor(@Inject(MailStore) private readonly mails: MailStore) {}

  static with(config: SandboxConfig): DynamicModule {
    return {
      module: SandboxModule,
      controllers: [PageController, MailsController, MisbehavioursController, HealthController],
      providers: [
        { provide: SandboxConfig, useValue: config },
        { provide: MailStore, useFactory: () => MailStore.open(config.dataDir) },
        MisbehavioursService,
        SandboxMetrics,
        SmtpService,
      ],
    };
  }

  /** Runs after the mail server has closed, so no mail is still on its way to the journal. */
  onApplicationShutdown(): Promise<void> {
    return this.mails.close();
  }
}
