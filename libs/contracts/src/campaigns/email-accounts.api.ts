import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { Bool, Day, Email, Int, OneOf, Text, Timestamp, Uuid } from '../define/fields.js';
import { pageOf, PageRequest, type Page } from '../define/page.js';

/** What becomes of a mail of which nobody can know whether the server took it; see the ADR on exactly-once mail. */
export const DOUBT_POLICIES = ['assume-delivered', 'resend'] as const;
export type DoubtPolicy = (typeof DOUBT_POLICIES)[number];

const HOST = /^[A-Za-z0-9]([A-Za-z0-9.:-]{0,251}[A-Za-z0-9])?$/;

export class CreateEmailAccount {
  @Email({ description: 'Address that mails are sent from.' })
  email!: string;

  @Text({
    max: 120,
    optional: true,
    nullable: true,
    description: 'Name that recipients see beside the address.',
  })
  fromName?: string | null;

  @Text({ max: 253, pattern: HOST, example: 'smtp.example.com' })
  smtpHost!: string;

  @Int({ min: 1, max: 65535, example: 587 })
  smtpPort!: number;

  @Text({
    max: 254,
    min: 1,
    optional: true,
    nullable: true,
    description: 'Absent for servers that ask for no login.',
  })
  smtpUsername?: string | null;

  @Text({ max: 512, min: 1, optional: true, nullable: true, description: 'Kept sealed and never returned.' })
  smtpPassword?: string | null;

  @Bool({
    optional: true,
    description: 'TLS from the first byte (port 465); otherwise STARTTLS. False unless told.',
  })
  smtpSecure?: boolean;

  @Int({
    min: 0,
    max: 1_000_000,
    optional: true,
    description: "Mails per day of the account's time zone; 500 unless told.",
  })
  dailySendLimit?: number;

  @Text({
    max: 60,
    optional: true,
    description: "IANA time zone of the account's day; UTC unless told.",
    example: 'Europe/Berlin',
  })
  timezone?: string;

  @OneOf(DOUBT_POLICIES, {
    optional: true,
    description:
      'When a server vanishes after it got a mail but before it said so: count it as sent, or send it again under the same Message-ID.',
  })
  onDoubt?: DoubtPolicy;
}

export class UpdateEmailAccount {
  @Uuid()
  emailAccountId!: string;

  @Text({ max: 120, optional: true, nullable: true })
  fromName?: string | null;

  @Text({ max: 253, pattern: HOST, optional: true })
  smtpHost?: string;

  @Int({ min: 1, max: 65535, optional: true })
  smtpPort?: number;

  @Text({ max: 254, min: 1, optional: true, nullable: true })
  smtpUsername?: string | null;

  @Text({ max: 512, min: 1, optional: true, nullable: true })
  smtpPassword?: string | null;

  @Bool({ optional: true })
  smtpSecure?: boolean;

  @Int({ min: 0, max: 1_000_000, optional: true })
  dailySendLimit?: number;

  @Text({ max: 60, optional: true })
  timezone?: string;

  @OneOf(DOUBT_POLICIES, { optional: true })
  onDoubt?: DoubtPolicy;

  @Bool({ optional: true, description: 'True puts a paused account back to work.' })
  isActive?: boolean;
}

export class EmailAccountRef {
  @Uuid()
  emailAccountId!: string;
}

export class EmailAccount {
  @Uuid()
  id!: string;

  @Email()
  email!: string;

  @Text({ max: 120, nullable: true })
  fromName!: string | null;

  @Text({ max: 253 })
  smtpHost!: string;

  @Int()
  smtpPort!: number;

  @Text({ max: 254, nullable: true })
  smtpUsername!: string | null;

  @Bool({ description: 'Whether a password is kept; the password itself never leaves.' })
  passwordSet!: boolean;

  @Bool()
  smtpSecure!: boolean;

  @Bool({ description: 'False after it was paused, by a person or because it broke.' })
  isActive!: boolean;

  @Text({ max: 500, nullable: true })
  pausedReason!: string | null;

  @Int()
  dailySendLimit!: number;

  @Int({ description: "Mails sent or being sent on the account's present day." })
  sentToday!: number;

  @Day({ nullable: true, description: 'The day that `sentToday` was last counted on, in `timezone`.' })
  lastResetDate!: string | null;

  @Text({ max: 60 })
  timezone!: string;

  @OneOf(DOUBT_POLICIES)
  onDoubt!: DoubtPolicy;

  @Timestamp({
    description: 'Nothing is sent through it before: daily limit reached, or its server asked for patience.',
  })
  availableAt!: string;

  @Timestamp()
  createdAt!: string;

  @Timestamp()
  updatedAt!: string;
}

export class EmailAccountTest {
  @Bool()
  ok!: boolean;

  @OneOf(['host', 'connect', 'login', 'done'], { description: 'How far it came.' })
  stage!: string;

  @Text({ max: 500, nullable: true, description: "What the server or the network said, when it isn't ok." })
  problem!: string | null;

  @Int({ description: 'Milliseconds.' })
  durationMs!: number;
}

export interface EmailAccountsApi {
  create(ctx: Ctx, input: CreateEmailAccount): Promise<EmailAccount>;
  get(ctx: Ctx, input: EmailAccountRef): Promise<EmailAccount>;
  list(ctx: Ctx, input: PageRequest): Promise<Page<EmailAccount>>;
  update(ctx: Ctx, input: UpdateEmailAccount): Promise<EmailAccount>;
  remove(ctx: Ctx, input: EmailAccountRef): Promise<void>;
  /** Connects and logs in as a mail would, without sending one. */
  test(ctx: Ctx, input: EmailAccountRef): Promise<EmailAccountTest>;
}
export const emailAccountsApi = defineApi<EmailAccountsApi>('campaigns.email-accounts', {
  create: { input: CreateEmailAccount, output: EmailAccount, can: 'email-accounts.write' },
  get: { input: EmailAccountRef, output: EmailAccount, can: 'email-accounts.read', idempotent: true },
  list: { input: PageRequest, output: pageOf(EmailAccount), can: 'email-accounts.read', idempotent: true },
  update: { input: UpdateEmailAccount, output: EmailAccount, can: 'email-accounts.write' },
  remove: { input: EmailAccountRef, can: 'email-accounts.write' },
  test: { input: EmailAccountRef, output: EmailAccountTest, can: 'email-accounts.write' },
});
