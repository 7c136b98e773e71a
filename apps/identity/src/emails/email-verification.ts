import { Inject, Injectable } from '@nestjs/common';
import { accountErrors } from '@leadwire/contracts';
import type { SqlExecutor } from '@leadwire/persistence';
import { AccountTransaction } from '../accounts/account-transaction.js';
import { OneTimeTokens } from '../accounts/one-time-tokens.js';
import { Deliveries } from '../delivery/deliveries.js';
import { VERIFY_ADDRESS } from './emails.queries.js';

export const VERIFY_EMAIL = 'verify-email';
/** How long links in mails work. */
export const EMAIL_LINK_VALID_MS = 24 * 3_600_000;

/** Proof that who has an account reads its address. */
@Injectable()
export class EmailVerification {
  constructor(
    @Inject(OneTimeTokens) private readonly tokens: OneTimeTokens,
    @Inject(Deliveries) private readonly deliveries: Deliveries,
    @Inject(AccountTransaction) private readonly transaction: AccountTransaction,
  ) {}

  /** Mails a link in place of those sent before. Call it in the transaction that makes the address somebody's. */
  async send(db: SqlExecutor, { userId, email }: { userId: string; email: string }): Promise<void> {
    await this.tokens.revoke(db, userId, VERIFY_EMAIL);
    const token = await this.tokens.issue(db, {
      purpose: VERIFY_EMAIL,
      userId,
      data: { email },
      ttlMs: EMAIL_LINK_VALID_MS,
    });
    await this.deliveries.mail(db, { to: email, template: 'verify-email', data: { token } });
  }

  /** @throws AppError `account.link_invalid` */
  async confirm(token: string): Promise<void> {
    await this.transaction.run(async (db) => {
      const redeemed = await this.tokens.redeem(db, VERIFY_EMAIL, token);
      if (!redeemed) throw accountErrors.link_invalid();
      const verified = await db.execute(VERIFY_ADDRESS, [redeemed.userId, redeemed.data['email']]);
      if (verified === 0) throw accountErrors.link_invalid({ internal: 'the address has changed' });
    });
  }
}
