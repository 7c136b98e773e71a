import { Inject, Injectable } from '@nestjs/common';
import { accountErrors } from '@leadwire/contracts';
import { AppError } from '@leadwire/kernel';
import type { QueryConfig } from 'pg';
import { PasswordGuessing } from '../guessing/password-guessing.js';
import { AccountTransaction } from './account-transaction.js';
import { AccountsStore } from './accounts.store.js';
import { canonicalEmail } from './canonical-email.js';
import { Passwords } from './passwords.js';

/** Who somebody is, and what then takes their guess back and remembers where they were: until it runs, it counts as a wrong one. */
export type Proof = { userId: string; settling: QueryConfig[] };

/** Proof by password that somebody is who they say. */
@Injectable()
export class Credentials {
  constructor(
    @Inject(AccountsStore) private readonly store: AccountsStore,
    @Inject(Passwords) private readonly passwords: Passwords,
    @Inject(PasswordGuessing) private readonly guessing: PasswordGuessing,
    @Inject(AccountTransaction) private readonly transaction: AccountTransaction,
  ) {}

  /**
   * The id of the account whose address and password these are. An address without an account answers the same, in the same
   * time.
   * @param clientIp where the request came from: strangers elsewhere must not slow the owner down
   * @throws AppError `account.bad_credentials` | `account.slow_down`
   */
  async prove(address: string, password: string, clientIp: string | undefined): Promise<string> {
    const proof = await this.check(address, password, clientIp);
    await this.settle(proof);
    return proof.userId;
  }

  /** {@link prove} for who settles the proof in a transaction of their own, or by {@link settle}. */
  async check(address: string, password: string, clientIp: string | undefined): Promise<Proof> {
    const guess = { email: canonicalEmail(address), clientIp };
    const { network, since } = this.guessing.knownBy(guess);
    const account = await this.store.credentialsOf(guess.email, network, since);
    const counted = await this.guessing.claim(guess, account?.knowsNetwork ?? false);
    const known = await this.passwords.matches(account?.passwordHash, password);
    if (!account || !known) throw accountErrors.bad_credentials();
    await this.rehash(account.id, account.passwordHash as string, password);
    return { userId: account.id, settling: this.guessing.settling(account.id, guess, counted) };
  }

  /** Takes the guess back in a transaction of its own. */
  async settle({ settling }: Proof): Promise<void> {
    await this.transaction.together(...settling);
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
