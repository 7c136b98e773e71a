import { Inject } from '@nestjs/common';
import {
  accountErrors,
  emailsApi,
  type EmailChangeState,
  type EmailsApi,
  type LinkToken,
  type Nothing,
  type RequestEmailChange,
} from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { TenantTransaction } from '@leadwire/persistence';
import { canonicalEmail } from '../accounts/canonical-email.js';
import { ReAuthentication, requirePerson } from '../accounts/re-authentication.js';
import { withoutMemory } from '../accounts/without-memory.js';
import { limits } from '../guessing/limits.js';
import { Throttles } from '../guessing/throttles.js';
import { EmailChanges } from './email-changes.js';
import { EmailVerification } from './email-verification.js';
import { LOCK_ADDRESS } from './emails.queries.js';

/** A person's address: confirming it, and changing it. */
@Serves(emailsApi)
export class EmailsService implements EmailsApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(EmailVerification) private readonly verification: EmailVerification,
    @Inject(EmailChanges) private readonly changes: EmailChanges,
    @Inject(ReAuthentication) private readonly reAuthentication: ReAuthentication,
    @Inject(Throttles) private readonly throttles: Throttles,
  ) {}

  /**
   * Mails the link for the own address again.
   * @throws AppError `account.email_verified_already` | `account.slow_down`
   */
  async sendVerification(ctx: Ctx, _: Nothing): Promise<void> {
    const { userId } = requirePerson(ctx);
    await this.tenant.run(ctx, async (db) => {
      const [person] = await db.query<{ email: string; emailVerified: boolean }>(LOCK_ADDRESS, [userId]);
      if (!person) throw accountErrors.not_a_member();
      if (person.emailVerified) throw accountErrors.email_verified_already();
      await this.throttles.claimIn(db, limits.verification(userId));
      await this.verification.send(db, { userId, email: person.email });
    });
  }

  /** @throws AppError `account.link_invalid` */
  verify(_: Ctx, { token }: LinkToken): Promise<void> {
    return this.verification.confirm(token);
  }

  /**
   * Asks both addresses. Whether the new one has an account is told to that address only.
   * @throws AppError `reauthentication.failed` | `account.email_unchanged` | `account.slow_down`
   */
  async requestChange(ctx: Ctx, { email, password }: RequestEmailChange): Promise<void> {
    const { userId } = requirePerson(ctx);
    await this.reAuthentication.confirm(ctx, password);
    await this.tenant.run(withoutMemory(ctx), async (db) => {
      await this.throttles.claimIn(db, limits.emailChange(userId));
      await this.changes.begin(db, userId, canonicalEmail(email));
    });
  }

  async cancelChange(ctx: Ctx, _: Nothing): Promise<void> {
    const { userId } = requirePerson(ctx);
    await this.tenant.run(ctx, (db) => this.changes.drop(db, userId));
  }

  /** @throws AppError `account.link_invalid` | `account.email_taken` */
  async confirmChange(_: Ctx, { token }: LinkToken): Promise<EmailChangeState> {
    return { completed: await this.changes.confirm(token) };
  }
}
