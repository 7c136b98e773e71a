import { Inject, Injectable } from '@nestjs/common';
import { accountErrors } from '@leadwire/contracts';
import { Clock } from '@leadwire/kernel';
import type { SqlSession } from '@leadwire/persistence';
import { OneTimeTokens } from '../accounts/one-time-tokens.js';
import { Passwords } from '../accounts/passwords.js';
import { Deliveries } from '../delivery/deliveries.js';
import { EmailChanges } from '../emails/email-changes.js';
import { PasswordPolicy } from './password-policy.js';
import { KNOWN_OF_PERSON, SET_PASSWORD } from './passwords.queries.js';
import { RESET_PASSWORD } from './purposes.js';

type KnownOfPerson = {
  email: string;
  firstName: string | null;
  lastName: string | null;
  teams: string | null;
};

/** Puts a new password in place of an old one, and takes away what others could do with the old. */
@Injectable()
export class NewPasswords {
  constructor(
    @Inject(Passwords) private readonly passwords: Passwords,
    @Inject(PasswordPolicy) private readonly policy: PasswordPolicy,
    @Inject(OneTimeTokens) private readonly tokens: OneTimeTokens,
    @Inject(EmailChanges) private readonly changes: EmailChanges,
    @Inject(Deliveries) private readonly deliveries: Deliveries,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** What others know of a person, for {@link prepare}. */
  async knownOf(db: SqlSession, userId: string): Promise<(string | null)[]> {
    const [known] = await db.query<KnownOfPerson>(KNOWN_OF_PERSON, [userId]);
    return known ? Object.values(known) : [];
  }

  /**
   * Judges and hashes a new password. Call it outside of transactions: a connection should not wait that long.
   * @throws AppError `account.password_refused` | `request.unavailable`
   */
  async prepare(password: string, known: readonly (string | null | undefined)[]): Promise<string> {
    await this.policy.check(password, known);
    return this.passwords.hash(password);
  }

  /** Stores the hash, ends open resets and changes of address, and tells the person. Sessions are the caller's. */
  async store(db: SqlSession, userId: string, passwordHash: string, how: string): Promise<void> {
    const [person] = await db.query<{ email: string }>(SET_PASSWORD, [
      userId,
      passwordHash,
      this.clock.now(),
    ]);
    if (!person) throw accountErrors.link_invalid({ internal: 'the account is gone' });
    await this.tokens.revoke(db, userId, RESET_PASSWORD);
    await this.changes.drop(db, userId);
    await this.deliveries.mail(db, { to: person.email, template: 'password-changed', data: { how } });
  }
}
