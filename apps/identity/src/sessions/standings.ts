import { Inject, Injectable } from '@nestjs/common';
import { AccountTransaction } from '../accounts/account-transaction.js';
import { STANDING_ANY_STATUS } from '../accounts/accounts.queries.js';
import type { Standing } from '../accounts/standing.js';
import { OWNER_OF_TOKEN } from './sessions.queries.js';

const OF_MEMBERSHIP = `${STANDING_ANY_STATUS} AND m.id = $1`;
const OF_PERSON = `${STANDING_ANY_STATUS} AND m.user_id = $1 AND m.tenant_id = $2`;

/** Where a person belongs, asked before a tenant is chosen: their own memberships are all that can be seen. */
@Injectable()
export class Standings {
  constructor(@Inject(AccountTransaction) private readonly accounts: AccountTransaction) {}

  /** Whose session a refresh token belongs to, and in which team; undefined when it is unknown or its bearer left the team. */
  async ofToken(tokenHash: Buffer): Promise<Standing | undefined> {
    const [owner] = await this.accounts.alone.query<{ userId: string; membershipId: string }>(
      OWNER_OF_TOKEN,
      [tokenHash],
    );
    return owner && this.as(owner.userId, OF_MEMBERSHIP, [owner.membershipId], 'standing-of-membership');
  }

  /** A person in one of their teams; undefined when it is not theirs or does not exist. */
  inTenant(userId: string, tenantId: string): Promise<Standing | undefined> {
    return this.as(userId, OF_PERSON, [userId, tenantId], 'standing-of-person');
  }

  private async as(
    userId: string,
    sql: string,
    params: unknown[],
    name: string,
  ): Promise<Standing | undefined> {
    const [standing] = await this.accounts.readAs<Standing>(userId, sql, params, name);
    return standing;
  }
}
