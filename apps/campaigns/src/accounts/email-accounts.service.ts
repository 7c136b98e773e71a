import { Inject } from '@nestjs/common';
import {
  emailAccountErrors,
  emailAccountsApi,
  type CreateEmailAccount,
  type EmailAccount,
  type EmailAccountRef,
  type EmailAccountsApi,
  type EmailAccountTest,
  type Page,
  type PageRequest,
  type UpdateEmailAccount,
} from '@leadwire/contracts';
import { AppError, Clock, newId, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { Cursors, isUniqueViolation, TenantTransaction, type TenantDb } from '@leadwire/persistence';
import { CONFIG } from '@leadwire/platform';
import { IANAZone } from 'luxon';
import { LessThan } from 'typeorm';
import type { CampaignsConfig } from '../campaigns.config.js';
import { Schedule } from '../sending/schedule.js';
import { DataKeys, passwordPlace } from './data-keys.js';
import { EmailAccountEntity } from './email-account.entity.js';
import { ACCOUNT_IN_USE, DETACH_FROM_DRAFTS, TIMEZONE_NAMED } from './email-accounts.queries.js';
import {
  describeFailure,
  openConnection,
  vetHost,
  type MailServer,
  type SmtpFailure,
} from './mail-server.js';

const LIST = 'email-accounts';
const iso = (at: Date) => at.toISOString();

/** The accounts that mails are sent from. Passwords come in, are sealed, and never leave. */
@Serves(emailAccountsApi)
export class EmailAccountsService implements EmailAccountsApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(Cursors) private readonly cursors: Cursors,
    @Inject(DataKeys) private readonly keys: DataKeys,
    @Inject(Schedule) private readonly schedule: Schedule,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: CampaignsConfig,
  ) {}

  async create(ctx: Ctx, input: CreateEmailAccount): Promise<EmailAccount> {
    const { smtpPassword, ...fields } = input;
    if (fields.smtpUsername && !smtpPassword) throw emailAccountErrors.password_required();
    await vetHost(fields.smtpHost, this.config.OUTBOUND_ALLOW_PRIVATE);
    const id = newId();
    return this.unlessDuplicate(() =>
      this.tenant.run(ctx, async (db) => {
        await requireTimezone(db, fields.timezone);
        const sealed = smtpPassword
          ? (await this.keys.box(db)).seal(passwordPlace(ctx.tenantId, id), smtpPassword)
          : null;
        await db.insert(EmailAccountEntity, {
          ...fields,
          id,
          smtpPassword: sealed,
          createdByUserId: ctx.userId,
        });
        return this.toAccount(await this.require(db, id));
      }),
    );
  }

  async get(ctx: Ctx, { emailAccountId }: EmailAccountRef): Promise<EmailAccount> {
    return this.tenant.run(ctx, async (db) => this.toAccount(await this.require(db, emailAccountId)));
  }

  async list(ctx: Ctx, input: PageRequest): Promise<Page<EmailAccount>> {
    const { after, limit } = this.cursors.read(ctx, LIST, input);
    const rows = await this.tenant.run(ctx, (db) =>
      db.manager.find(EmailAccountEntity, {
        where: {
          tenantId: ctx.tenantId,
          isDeleted: false,
          ...(after ? { id: LessThan(String(after[0])) } : {}),
        },
        // Ids are time-ordered, so this is newest first.
        order: { id: 'DESC' },
        take: limit + 1,
      }),
    );
    return this.cursors.page(
      ctx,
      LIST,
      input,
      rows,
      (row) => [row.id],
      (row) => this.toAccount(row),
    );
  }

  async update(ctx: Ctx, input: UpdateEmailAccount): Promise<EmailAccount> {
    if (input.smtpHost) await vetHost(input.smtpHost, this.config.OUTBOUND_ALLOW_PRIVATE);
    return this.tenant.run(ctx, async (db) => {
      const account = await this.require(db, input.emailAccountId, true);
      await requireTimezone(db, input.timezone);
      await db.update(EmailAccountEntity, account.id, await this.changes(db, account, input));
      await this.schedule.wake(db, this.clock.now());
      return this.toAccount(await this.require(db, account.id));
    });
  }

  async remove(ctx: Ctx, { emailAccountId }: EmailAccountRef): Promise<void> {
    await this.tenant.run(ctx, async (db) => {
      const account = await this.require(db, emailAccountId, true);
      const [used] = await db.query(ACCOUNT_IN_USE, [ctx.tenantId, account.id]);
      if (used) throw emailAccountErrors.in_use();
      await db.execute(DETACH_FROM_DRAFTS, [ctx.tenantId, account.id]);
      await db.update(EmailAccountEntity, account.id, {
        isDeleted: true,
        isActive: false,
        smtpPassword: null,
      });
    });
  }

  async test(ctx: Ctx, { emailAccountId }: EmailAccountRef): Promise<EmailAccountTest> {
    const started = performance.now();
    const answer = (stage: string, error?: unknown): EmailAccountTest => ({
      ok: error === undefined,
      stage,
      problem: error === undefined ? null : describeFailure(error),
      durationMs: Math.round(performance.now() - started),
    });
    // Without its Idempotency-Key: what this transaction returns is a password and must not be remembered.
    const { idempotencyKey: _, ...plain } = ctx;
    const server = await this.tenant.run(plain, async (db) =>
      this.serverOf(db, await this.require(db, emailAccountId)),
    );
    try {
      const connection = await openConnection(server, this.config.OUTBOUND_ALLOW_PRIVATE);
      connection.quit();
      return answer('done');
    } catch (error) {
      if (error instanceof AppError) return answer('host', error);
      return answer((error as SmtpFailure).code === 'EAUTH' ? 'login' : 'connect', error);
    }
  }

  /** How to reach and log in to the account's server, with its password opened. */
  async serverOf(db: TenantDb, account: EmailAccountEntity): Promise<MailServer> {
    const { smtpPassword } = account;
    return {
      host: account.smtpHost,
      port: account.smtpPort,
      secure: account.smtpSecure,
      username: account.smtpUsername,
      password: smtpPassword
        ? (await this.keys.box(db)).open(passwordPlace(account.tenantId, account.id), smtpPassword)
        : null,
    };
  }

  private async changes(
    db: TenantDb,
    account: EmailAccountEntity,
    input: UpdateEmailAccount,
  ): Promise<Partial<EmailAccountEntity>> {
    const { emailAccountId: _, smtpPassword, isActive, ...fields } = input;
    // A password given for one server must not be handed to another that somebody with less knowledge names later.
    const moved = (input.smtpHost ?? account.smtpHost) !== account.smtpHost;
    const username = input.smtpUsername === undefined ? account.smtpUsername : input.smtpUsername;
    if (username && smtpPassword === undefined && (moved || !account.smtpPassword))
      throw emailAccountErrors.password_required();
    const box = smtpPassword ? await this.keys.box(db) : undefined;
    return {
      ...fields,
      ...(smtpPassword === null || username === null ? { smtpPassword: null } : {}),
      ...(box && smtpPassword
        ? { smtpPassword: box.seal(passwordPlace(account.tenantId, account.id), smtpPassword) }
        : {}),
      ...(isActive === false ? { isActive, pausedReason: 'Paused by a person.' } : {}),
      ...(isActive === true ? { isActive, pausedReason: null, failures: 0 } : {}),
      // A new limit, zone or server is a reason to look again at once instead of at the next midnight or back-off.
      availableAt: this.clock.now(),
      backoffUntil: this.clock.now(),
    };
  }

  private require(db: TenantDb, id: string, lock = false): Promise<EmailAccountEntity> {
    return db
      .require(EmailAccountEntity, id, () => emailAccountErrors.not_found(), lock)
      .then((account) => {
        if (account.isDeleted) throw emailAccountErrors.not_found();
        return account;
      });
  }

  private async unlessDuplicate<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw isUniqueViolation(error, 'email_accounts_email') ? emailAccountErrors.duplicate() : error;
    }
  }

  private toAccount(row: EmailAccountEntity): EmailAccount {
    return {
      id: row.id,
      email: row.email,
      fromName: row.fromName,
      smtpHost: row.smtpHost,
      smtpPort: row.smtpPort,
      smtpUsername: row.smtpUsername,
      smtpSecure: row.smtpSecure,
      isActive: row.isActive,
      pausedReason: row.pausedReason,
      dailySendLimit: row.dailySendLimit,
      sentToday: row.sentToday,
      lastResetDate: row.lastResetDate,
      timezone: row.timezone,
      onDoubt: row.onDoubt,
      passwordSet: row.smtpPassword !== null,
      availableAt: iso(row.backoffUntil > row.availableAt ? row.backoffUntil : row.availableAt),
      createdAt: iso(row.createdAt),
      updatedAt: iso(row.updatedAt),
    };
  }
}

/** Postgres counts the account's days, ICU reads them to people, and each takes names that the other does not know. */
async function requireTimezone(db: TenantDb, zone: string | undefined): Promise<void> {
  if (zone === undefined || zone === 'UTC') return;
  if (!IANAZone.isValidZone(zone) || (await db.query(TIMEZONE_NAMED, [zone])).length === 0)
    throw emailAccountErrors.invalid_timezone();
}
