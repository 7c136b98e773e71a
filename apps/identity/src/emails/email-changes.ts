import { Inject, Injectable } from '@nestjs/common';
import { accountErrors } from '@leadwire/contracts';
import { Clock, newId } from '@leadwire/kernel';
import { isUniqueViolation, type SqlSession } from '@leadwire/persistence';
import { AccountTransaction } from '../accounts/account-transaction.js';
import { EMAIL_TAKEN } from '../accounts/accounts.queries.js';
import { OneTimeTokens } from '../accounts/one-time-tokens.js';
import { Deliveries } from '../delivery/deliveries.js';
import { RESET_PASSWORD } from '../passwords/purposes.js';
import { EMAIL_LINK_VALID_MS, VERIFY_EMAIL } from './email-verification.js';
import {
  CHANGE_ADDRESS,
  CONFIRM_NEW,
  CONFIRM_OLD,
  DROP_CHANGE,
  LOCK_ADDRESS,
  PUT_CHANGE,
} from './emails.queries.js';

const FROM_OLD = 'change-email-old';
const FROM_NEW = 'change-email-new';

type Confirmed = { userId: string; oldEmail: string; newEmail: string; confirmed: boolean };

/**
 * A change of address, confirmed on both: the new one by its reader, the old one by whoever reads it now. An old address that was
 * never confirmed may be a slip of the pen that nobody can read, so it is told and not asked.
 */
@Injectable()
export class EmailChanges {
  constructor(
    @Inject(OneTimeTokens) private readonly tokens: OneTimeTokens,
    @Inject(Deliveries) private readonly deliveries: Deliveries,
    @Inject(AccountTransaction) private readonly transaction: AccountTransaction,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /**
   * Begins a change in place of one under way. An address that has an account is told so itself; the caller is answered alike.
   * @throws AppError `account.email_unchanged` | `account.not_a_member` for an account that is gone
   */
  async begin(db: SqlSession, userId: string, newEmail: string): Promise<void> {
    const [person] = await db.query<{ email: string; emailVerified: boolean }>(LOCK_ADDRESS, [userId]);
    if (!person) throw accountErrors.not_a_member();
    const { email: oldEmail, emailVerified } = person;
    if (newEmail === oldEmail) throw accountErrors.email_unchanged();
    await this.drop(db, userId);
    const now = this.clock.now();
    const id = newId();
    const expiresAt = new Date(now.getTime() + EMAIL_LINK_VALID_MS);
    await db.execute(PUT_CHANGE, [
      userId,
      id,
      oldEmail,
      newEmail,
      emailVerified ? null : now,
      expiresAt,
      now,
    ]);
    await this.tellOld(db, { userId, id, oldEmail, newEmail, asked: emailVerified });
    await this.askNew(db, { userId, id, newEmail });
  }

  /** Ends a change that is under way, and its links. */
  async drop(db: SqlSession, userId: string): Promise<void> {
    await db.execute(DROP_CHANGE, [userId]);
    await this.tokens.revoke(db, userId, FROM_OLD, FROM_NEW);
  }

  /**
   * Takes the confirmation of one side, and changes the address with the second. Links that went to the old address for other
   * purposes end; sessions go on.
   * @returns whether the address has changed
   * @throws AppError `account.link_invalid` | `account.email_taken` when somebody else has the address by now
   */
  async confirm(token: string): Promise<boolean> {
    try {
      return await this.transaction.run(async (db) => {
        const change = await this.confirmed(db, token);
        if (!change.confirmed) return false;
        await this.complete(db, change);
        return true;
      });
    } catch (error) {
      throw isUniqueViolation(error, 'users_email_key') ? accountErrors.email_taken() : error;
    }
  }

  private async confirmed(db: SqlSession, token: string): Promise<Confirmed> {
    const now = this.clock.now();
    const sides = [
      [FROM_OLD, CONFIRM_OLD],
      [FROM_NEW, CONFIRM_NEW],
    ] as const;
    for (const [purpose, confirm] of sides) {
      const redeemed = await this.tokens.redeem(db, purpose, token);
      const [change] = redeemed ? await db.query<Confirmed>(confirm, [redeemed.data['changeId'], now]) : [];
      if (change) return change;
    }
    throw accountErrors.link_invalid();
  }

  private async complete(db: SqlSession, { userId, oldEmail, newEmail }: Confirmed): Promise<void> {
    const changed = await db.execute(CHANGE_ADDRESS, [userId, oldEmail, newEmail]);
    if (changed === 0)
      throw accountErrors.link_invalid({ internal: 'the account is gone or has another address' });
    await this.drop(db, userId);
    await this.tokens.revoke(db, userId, VERIFY_EMAIL, RESET_PASSWORD);
    await this.deliveries.mail(db, { to: oldEmail, template: 'email-changed', data: { newEmail } });
  }

  private async tellOld(
    db: SqlSession,
    change: { userId: string; id: string; oldEmail: string; newEmail: string; asked: boolean },
  ): Promise<void> {
    const { userId, id, oldEmail, newEmail, asked } = change;
    if (!asked) {
      await this.deliveries.mail(db, {
        to: oldEmail,
        template: 'email-change-announced',
        data: { newEmail },
      });
      return;
    }
    const token = await this.issue(db, FROM_OLD, userId, id);
    const data = { token, newEmail };
    await this.deliveries.mail(db, { to: oldEmail, template: 'email-change-confirm-old', data });
  }

  private async askNew(
    db: SqlSession,
    { userId, id, newEmail }: { userId: string; id: string; newEmail: string },
  ): Promise<void> {
    const [taken] = await db.query(EMAIL_TAKEN, [newEmail]);
    if (taken) {
      await this.deliveries.mail(db, { to: newEmail, template: 'email-change-taken', data: {} });
      return;
    }
    const token = await this.issue(db, FROM_NEW, userId, id);
    await this.deliveries.mail(db, { to: newEmail, template: 'email-change-confirm-new', data: { token } });
  }

  private issue(db: SqlSession, purpose: string, userId: string, changeId: string): Promise<string> {
    return this.tokens.issue(db, { purpose, userId, data: { changeId }, ttlMs: EMAIL_LINK_VALID_MS });
  }
}
