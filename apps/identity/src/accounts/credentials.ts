import { Inject, Injectable } from '@nestjs/common';
import { accountErrors } from '@leadwire/contracts';
import { AppError } from '@leadwire/kernel';
import { PasswordGuessing } from '../guessing/password-guessing.js';
import { AccountsStore } from './accounts.store.js';
import { canonicalEmail } from './canonical-email.js';
import { Passwords } from './passwords.js';

/** Proof by password that somebody is who they say. */
@Injectable()
export class Credentials {
  constructor(
    @Inject(AccountsStore) private readonly store: AccountsStore,
    @Inject(Passwords) private readonly passwords: Passwords,
    @Inject(PasswordGuessing) private readonly guessing: PasswordGuessing,
  ) {}

  /**
   * The id of the account whose address and password these are. An address without an account answers the same, in the same
   * time.
   * @param clientIp where the request came from: strangers elsewhere must not slow the owner down
   * @throws AppError `account.bad_credentials` | `account.slow_down`
   */
  async prove(address: string, password: string, clientIp: string | undefined): Promise<string> {
    const email = canonicalEmail(address);
    const account = await this.store.credentialsOf(email);
    const counted = await this.guessing.claim({ email, userId: account?.id, clientIp });
    const known = await this.passwords.matches(account?.passwordHash, password);
    if (!account || !known) throw accountErrors.bad_credentials();
    await this.guessing.proven({ email, userId: account.id, clientIp }, counted);
    await this.rehash(account.id, account.passwordHash as string, password);
    return account.id;
  }

  // The only moment at which we know the password, so the only one to bring an old hash up to date.
  private async rehash(userId: string, passwordHash: string, password: string): Promise<void> {
    if (!this.passwords.isOutdated(passwordHash)) return;
    try {
      await this.store.rehash(userId, passwordHash, await this.passwords.hash(password));
    } catch (error) {
      // Too many hashes wait: the next log-in will do.
      if (!(error instanceof AppError && error.kind === 'unavailable')) throw error;
    }
  }
}
