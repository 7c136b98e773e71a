import { Inject, Injectable } from '@nestjs/common';
import { Clock, newId } from '@leadwire/kernel';
import { CONFIG } from '@leadwire/platform';
import { SecretBox, type SecretPlace } from '@leadwire/security';
import type { SqlExecutor } from '@leadwire/persistence';
import type { IdentityConfig } from '../identity.config.js';
import { INSERT_DELIVERY, SETTLE_DELIVERY } from './deliveries.queries.js';
import { renderMail, type MailContent } from './mail-content.js';
import { mailTemplates, type MailData, type MailTemplate } from './templates/index.js';

const HOUR_MS = 3_600_000;
/** How long a mail is worth sending: links in it work no longer. */
const MAIL_VALID_MS = 24 * HOUR_MS;
const FOLLOW_UP_VALID_MS = 24 * HOUR_MS;

/** A file that a mail brings along: it stays in the object storage until the mail is sent. */
export type Attachment = { objectKey: string; filename: string; contentType: string };
export type Mail = { to: string; attachments?: Attachment[] } & MailContent;
export type Sms = { to: string; text: string };

export type MailOrder<T extends MailTemplate> = {
  to: string;
  template: T;
  data: MailData<T>;
  attachments?: Attachment[];
  validForMs?: number;
  /** Who looks whether it is still worth sending before they send it, and what about. */
  via?: { channel: string; about: object };
};
export type SmsOrder = Sms & {
  /** What it is about, for logs and figures: `phone-code`. */
  template: string;
  validForMs: number;
};
export type FollowUp = {
  channel: string;
  payload: unknown;
  /** How long to wait for whoever does it at once. */
  delayMs?: number;
};

/**
 * What must happen after a commit, at least once: mails, texts, and follow-ups of our own. Queued in the caller's transaction, so
 * that it is neither forgotten nor done for something that was rolled back; done by the {@link DeliveryWorker}.
 */
@Injectable()
export class Deliveries {
  /** Told whenever something was queued; its transaction may still have to commit. */
  onQueued: () => void = () => undefined;
  private readonly box: SecretBox;

  constructor(
    @Inject(CONFIG) private readonly config: Pick<IdentityConfig, 'KEY_ENCRYPTION_KEY' | 'APP_URL'>,
    @Inject(Clock) private readonly clock: Clock,
  ) {
    this.box = new SecretBox(config.KEY_ENCRYPTION_KEY);
  }

  /** Queues a mail. It is written now: what the sender may be an older version cannot render is nobody's trouble. */
  async mail<T extends MailTemplate>(
    db: SqlExecutor,
    { to, template, data, attachments, validForMs, via }: MailOrder<T>,
  ): Promise<void> {
    const draft = (mailTemplates[template] as (data: MailData<T>) => Parameters<typeof renderMail>[0])(data);
    const files = attachments ? { attachments } : {};
    const mail: Mail = { to, ...files, ...renderMail(draft, this.config.APP_URL) };
    await this.queue(db, {
      channel: via?.channel ?? 'mail',
      template,
      payload: via ? { mail, about: via.about } : mail,
      validForMs: validForMs ?? MAIL_VALID_MS,
    });
  }

  async sms(db: SqlExecutor, { to, text, template, validForMs }: SmsOrder): Promise<void> {
    const sms: Sms = { to, text };
    await this.queue(db, { channel: 'sms', template, payload: sms, validForMs });
  }

  /** Queues something of our own. @returns its id, for {@link done} */
  followUp(db: SqlExecutor, { channel, payload, delayMs }: FollowUp): Promise<string> {
    return this.queue(db, { channel, template: channel, payload, delayMs, validForMs: FOLLOW_UP_VALID_MS });
  }

  /** Takes a follow-up back that has been done already. */
  async done(db: SqlExecutor, id: string): Promise<void> {
    await db.execute(SETTLE_DELIVERY, [id, 'done', this.clock.now()]);
  }

  /** What was queued under this id. @throws Error when it does not open with our key */
  open(id: string, payload: string): unknown {
    return JSON.parse(this.box.open(placeOf(id), payload));
  }

  private async queue(
    db: SqlExecutor,
    order: { channel: string; template: string; payload: unknown; delayMs?: number; validForMs: number },
  ): Promise<string> {
    const id = newId();
    const now = this.clock.now().getTime();
    await db.execute(INSERT_DELIVERY, [
      id,
      order.channel,
      order.template,
      this.box.seal(placeOf(id), JSON.stringify(order.payload)),
      new Date(now + (order.delayMs ?? 0)),
      new Date(now + order.validForMs),
    ]);
    this.onQueued();
    return id;
  }
}

/** Mails are a person's, not a tenant's. */
const placeOf = (rowId: string): SecretPlace => ({
  tenantId: 'platform',
  table: 'deliveries',
  column: 'payload',
  rowId,
});
