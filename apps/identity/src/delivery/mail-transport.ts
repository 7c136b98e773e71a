import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { CONFIG, ObjectStorage } from '@leadwire/platform';
import { createTransport, type Transporter } from 'nodemailer';
import type { IdentityConfig } from '../identity.config.js';
import type { Attachment, Mail } from './deliveries.js';
import { DeliveryRefused } from './refusal.js';

const CONNECTIONS_MAX = 5;
const CONNECT_TIMEOUT_MS = 5_000;
const SOCKET_TIMEOUT_MS = 10_000;
/** More than most mail servers take; nothing that we attach comes near it. */
const ATTACHMENT_BYTES_MAX = 10 * 1024 * 1024;

/** Sends mails of the platform itself. */
export abstract class MailTransport {
  /**
   * @param id the same for each try, and part of the Message-ID: a repeat is known as one
   * @throws DeliveryRefused when the server says never; Error when it says not now, or nothing
   */
  abstract send(id: string, mail: Mail): Promise<void>;
}

/** Over SMTP, on a few connections that stay open. Insists on TLS unless the address says otherwise. */
@Injectable()
export class SmtpMailTransport extends MailTransport implements OnApplicationShutdown {
  private readonly transport: Transporter;
  private readonly domain: string;

  constructor(
    @Inject(CONFIG) private readonly config: Pick<IdentityConfig, 'MAIL_SMTP_URL' | 'MAIL_FROM'>,
    @Inject(ObjectStorage) private readonly storage: ObjectStorage,
  ) {
    super();
    const { protocol, hostname, port, username, password, searchParams } = config.MAIL_SMTP_URL;
    const secure = protocol === 'smtps:';
    const ignoreTLS = searchParams.get('ignoreTLS') === 'true';
    this.domain = /@([^\s@<>]+)>?\s*$/.exec(config.MAIL_FROM)?.[1] ?? 'leadwire.invalid';
    this.transport = createTransport({
      pool: true,
      maxConnections: CONNECTIONS_MAX,
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port) || (secure ? 465 : 587),
      secure,
      ignoreTLS,
      requireTLS: !secure && !ignoreTLS,
      ...(username
        ? { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }
        : {}),
      connectionTimeout: CONNECT_TIMEOUT_MS,
      greetingTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: SOCKET_TIMEOUT_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }

  async send(id: string, { to, subject, text, html, attachments = [] }: Mail): Promise<void> {
    try {
      const files = await Promise.all(attachments.map((file) => this.load(file)));
      await this.transport.sendMail({
        from: this.config.MAIL_FROM,
        to: { name: '', address: to },
        subject,
        text,
        html,
        attachments: files,
        messageId: `<${id}@${this.domain}>`,
        // Tells out-of-office robots to keep quiet (RFC 3834).
        headers: { 'Auto-Submitted': 'auto-generated' },
      });
    } catch (error) {
      if (error instanceof DeliveryRefused) throw error;
      throw isRefusal(error) ? new DeliveryRefused(summaryOf(error)) : new Error(summaryOf(error));
    }
  }

  onApplicationShutdown(): void {
    this.transport.close();
  }

  // Whole, and before the server is asked: a mail whose file breaks off must not leave.
  private async load({ objectKey, filename, contentType }: Attachment): Promise<object> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of await this.storage.get(objectKey)) {
      bytes += (chunk as Buffer).length;
      if (bytes > ATTACHMENT_BYTES_MAX) throw new DeliveryRefused('an attachment is too large');
      chunks.push(chunk as Buffer);
    }
    return { filename, contentType, content: Buffer.concat(chunks) };
  }
}

type SmtpError = { code?: string; responseCode?: number; command?: string };

// 5xx to the envelope or the message is for good (RFC 5321 §4.2.1); to AUTH it is our configuration, which can be mended.
function isRefusal(error: unknown): boolean {
  const { code, responseCode = 0 } = error as SmtpError;
  return responseCode >= 500 && (code === 'EENVELOPE' || code === 'EMESSAGE');
}

// Servers quote the recipient in their words, so those stay out of the log.
function summaryOf(error: unknown): string {
  const { code, responseCode, command } = error as SmtpError;
  return [code ?? 'failed', responseCode, command].filter((part) => part !== undefined).join(' ');
}
