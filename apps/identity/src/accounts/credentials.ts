import { Inject, Injectable } from '@nestjs/common';
import { accountErrors } from '@leadwire/contracts';
import { AccountsStore } from './accounts.store.js';
import { canonicalEmail } from './canonical-email.js';
import { Passwords } from './passwords.js';

/** Proof by password that somebody is who they say. */
@Injectable()
export class Credentials {
  constructor(
    @Inject(AccountsStore) private readonly store: AccountsStore,
    @Inject(Passwords) private readonly passwords: Passwords,
  ) {}

  /**
   * The id of the account whose address and password these are. An address without an account answers the same, in the same
   * time.
   * @throws AppError `account.bad_credentials` | `account.slow_down`
   */
  async prove(address: string, password: string): Promise<string> {
    const email = canonicalEmail(address);
    await this.store.claimAttempt(email);
    const account = await this.store.credentialsOf(email);
    const known = await this.passwords.matches(account?.passwordHash, password);
    if (!account || !known) throw accountErrors.bad_credentials();
    await this.store.clearAttempts(email);
    return account.id;
  }
}
