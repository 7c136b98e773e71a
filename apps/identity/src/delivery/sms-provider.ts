import { Inject, Injectable } from '@nestjs/common';
import { CONFIG } from '@leadwire/platform';
import type { IdentityConfig } from '../identity.config.js';
import type { Sms } from './deliveries.js';
import { DeliveryRefused } from './refusal.js';

const TIMEOUT_MS = 10_000;

/** Sends short texts to phones. */
export abstract class SmsProvider {
  /** Whether there is a provider at all. */
  abstract readonly configured: boolean;
  /** @throws DeliveryRefused when the number cannot be texted; Error when trying later may help */
  abstract send(sms: Sms): Promise<void>;
}

type Config = Pick<IdentityConfig, 'SMS_API_URL' | 'SMS_ACCOUNT' | 'SMS_TOKEN' | 'SMS_FROM'>;

/** The Twilio Messages API, `POST /2010-04-01/Accounts/{sid}/Messages.json`. */
@Injectable()
export class TwilioSms extends SmsProvider {
  readonly configured: boolean;

  constructor(@Inject(CONFIG) private readonly config: Config) {
    super();
    this.configured = config.SMS_API_URL !== '';
  }

  async send({ to, text }: Sms): Promise<void> {
    const { SMS_API_URL, SMS_ACCOUNT, SMS_TOKEN, SMS_FROM } = this.config;
    const response = await fetch(
      `${SMS_API_URL.replace(/\/+$/, '')}/2010-04-01/Accounts/${encodeURIComponent(SMS_ACCOUNT)}/Messages.json`,
      {
        method: 'POST',
        headers: {
          authorization: `Basic ${Buffer.from(`${SMS_ACCOUNT}:${SMS_TOKEN}`).toString('base64')}`,
        },
        body: new URLSearchParams({ To: to, From: SMS_FROM, Body: text }),
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      },
    );
    await response.body?.cancel();
    if (response.ok) return;
    // 400 is about the number or the text; everything else is about us, or passes.
    if (response.status === 400) throw new DeliveryRefused('the provider refused the number or the text');
    throw new Error(`the provider answered ${response.status}`);
  }
}
