import { Inject, Injectable } from '@nestjs/common';
import type { SqlSession } from '@leadwire/persistence';
import { AccountTransaction } from '../accounts/account-transaction.js';
import { STANDING_ANY_STATUS } from '../accounts/accounts.queries.js';
import type { Standing } from '../accounts/standing.js';
import { MEMBERSHIP_OF_TOKEN } from './sessions.queries.js';

const OF_TOKEN = `${STANDING_ANY_STATUS} AND m.id = (${MEMBERSHIP_OF_TOKEN})`;
const OF_PERSON = `${STANDING_ANY_STATUS} AND m.user_id = $1 AND m.tenant_id = $2`;

/** Where a person belongs, asked before a tenant is chosen: their own memberships are all that can be seen. */
@Injectable()
export class Standings {
  constructor(@Inject(AccountTransaction) private readonly accounts: AccountTransaction) {}

  /** Whose session a refresh token belongs to, and in which team, for a transaction that acts as its bearer; undefined when they left it. */
  async ofToken(db: SqlSession, tokenHash: Buffer): Promise<Standing | undefined> {
    return (await db.query<Standing>(OF_TOKEN, [tokenHash], 'standing-of-token'))[0];
  }

  /** A person in one of their teams; undefined when it is not theirs or does not exist. */
  async inTenant(userId: string, tenantId: string): Promise<Standing | undefined> {
    const params = [userId, tenantId];
    const [standing] = await this.accounts.readAs<Standing>(userId, OF_PERSON, params, 'standing-of-person');
    return standing;
  }
}
