import { Inject, Injectable } from '@nestjs/common';
import type { LogIn } from '@leadwire/contracts';
import { AccountTransaction } from './account-transaction.js';
import {
  EMAIL_TAKEN,
  FIND_CREDENTIALS,
  FIND_EMAIL,
  STANDING_FOR_LOG_IN,
  TENANTS_OF_PERSON,
} from './accounts.queries.js';
import { REHASH } from '../passwords/passwords.queries.js';
import type { Standing } from './standing.js';

type StoredCredentials = { id: string; passwordHash: string | null; knowsNetwork: boolean };

/**
 * What identity must know before there is a tenant: who has this address, where they belong, whose token this is. Everything
 * else goes through TenantTransaction, or AccountTransaction for what belongs to a person and to no tenant.
 */
@Injectable()
export class AccountsStore {
  constructor(@Inject(AccountTransaction) private readonly transaction: AccountTransaction) {}

  async emailTaken(email: string): Promise<boolean> {
    return (await this.transaction.alone.query(EMAIL_TAKEN, [email])).length > 0;
  }

  /** Id and password hash of the active account with this address, and whether its owner logged in from a network since a moment. */
  async credentialsOf(email: string, network: Buffer, since: Date): Promise<StoredCredentials | undefined> {
    const params = [email, network, since];
    const [row] = await this.transaction.alone.query<StoredCredentials>(
      FIND_CREDENTIALS,
      params,
      'find-credentials',
    );
    return row;
  }

  /** The address of an active person. */
  async emailOf(userId: string): Promise<string | undefined> {
    const [row] = await this.transaction.alone.query<{ email: string }>(FIND_EMAIL, [userId]);
    return row?.email;
  }

  /** Where this person belongs. */
  async tenantsOf(userId: string): Promise<string[]> {
    const rows = await this.transaction.readAs<{ tenantId: string }>(
      userId,
      TENANTS_OF_PERSON,
      [userId],
      'tenants-of-person',
    );
    return rows.map(({ tenantId }) => tenantId);
  }

  /** The team a person logs in to; undefined when they do not belong to the one they named, or to none. */
  async standingForLogIn(
    userId: string,
    { tenantId, tenantSlug }: Pick<LogIn, 'tenantId' | 'tenantSlug'>,
  ): Promise<Standing | undefined> {
    const params = [userId, tenantId ?? null, tenantSlug ?? null];
    const [standing] = await this.transaction.readAs<Standing>(
      userId,
      STANDING_FOR_LOG_IN,
      params,
      'standing-for-log-in',
    );
    return standing;
  }

  /** Puts a better hash of the same password in place of the one that was verified. */
  async rehash(userId: string, oldHash: string, newHash: string): Promise<void> {
    await this.transaction.alone.execute(REHASH, [userId, oldHash, newHash]);
  }
}
