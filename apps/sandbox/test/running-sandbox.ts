import type { AddressInfo } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Clock } from '@leadwire/kernel';
import { createLogger } from '@leadwire/platform';
import { createTransport } from 'nodemailer';
import { MailStore } from '../src/mails/mail-store.js';
import { startSandbox } from '../src/sandbox.app.js';
import type { SandboxConfig } from '../src/sandbox.config.js';
import { SmtpService } from '../src/smtp/smtp.service.js';
import { StripeState } from '../src/stripe/state/stripe-state.js';

export const STRIPE_KEY = 'sk_test_of_the_tests';

export type SentMail = {
  from?: string;
  to?: string;
  subject?: string;
  text?: string;
  html?: string;
  messageId?: string;
};

export type SandboxOptions = { clock?: Clock } & Partial<SandboxConfig>;

/** A sandbox on free ports, with a mail client and an HTTP client for it. */
export class RunningSandbox {
  private constructor(
    private readonly app: NestFastifyApplication,
    readonly url: string,
    readonly smtpPort: number,
  ) {}

  static async start(dataDir = '', { clock, ...config }: SandboxOptions = {}): Promise<RunningSandbox> {
    const app = await startSandbox(
      {
        HTTP_HOST: '127.0.0.1',
        HTTP_PORT: 0,
        SMTP_PORT: 0,
        LOG_LEVEL: 'silent',
        SANDBOX_DATA_DIR: dataDir,
        SMTP_STARTTLS: true,
        STRIPE_SECRET_KEY: STRIPE_KEY,
        STRIPE_WEBHOOK_URL: '',
        STRIPE_WEBHOOK_SECRET: '',
        ...config,
      },
      createLogger('sandbox', 'silent'),
      clock,
    );
    const { port } = app.getHttpServer().address() as AddressInfo;
    return new RunningSandbox(app, `http://127.0.0.1:${port}`, app.get(SmtpService).port);
  }

  /** Makes every write to the folder fail from now on. */
  breakStorage(): Promise<void> {
    return this.app.get(MailStore).close();
  }

  /** Makes every change of the payment provider's account fail from now on. */
  breakPayments(): void {
    this.app.get(StripeState).close();
  }

  stop(): Promise<void> {
    return this.app.close();
  }

  transport(user = 'ann@sender.test', more: { pool?: boolean } = {}) {
    return createTransport({
      host: '127.0.0.1',
      port: this.smtpPort,
      auth: { user, pass: 'any' },
      tls: { rejectUnauthorized: false },
      ...more,
    });
  }

  async send(mail: SentMail, user?: string) {
    const transport = this.transport(user);
    try {
      return await transport.sendMail({
        from: 'ann@sender.test',
        subject: 'Hello',
        text: 'Hi there',
        ...mail,
      });
    } finally {
      transport.close();
    }
  }

  /** The code of the reply that refused the mail, or nodemailer's own code when there was none. */
  async failure(mail: SentMail, user?: string): Promise<number | string | undefined> {
    try {
      await this.send(mail, user);
      return undefined;
    } catch (error) {
      const { responseCode, code } = error as { responseCode?: number; code?: string };
      return responseCode ?? code;
    }
  }

  async get<T>(path: string): Promise<T> {
    return (await fetch(this.url + path)).json() as Promise<T>;
  }

  request(method: string, path: string, body?: unknown): Promise<Response> {
    return fetch(this.url + path, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
  }

  async misbehave(rule: object): Promise<string> {
    const response = await this.request('POST', '/misbehaviours', rule);
    if (response.status !== 201) throw new Error(await response.text());
    return ((await response.json()) as { id: string }).id;
  }

  async count(filter = ''): Promise<number> {
    return (await this.get<{ count: number }>(`/mails/count${filter}`)).count;
  }
}
