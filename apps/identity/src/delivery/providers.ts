import type { Provider } from '@nestjs/common';
import { Deliveries } from './deliveries.js';
import { DeliveryWorker } from './delivery-worker.js';
import { MailTransport, SmtpMailTransport } from './mail-transport.js';
import { SmsProvider, TwilioSms } from './sms-provider.js';

/** Mails, texts and follow-ups, and who sends them. */
export const deliveryProviders: Provider[] = [
  Deliveries,
  DeliveryWorker,
  { provide: MailTransport, useClass: SmtpMailTransport },
  { provide: SmsProvider, useClass: TwilioSms },
];
