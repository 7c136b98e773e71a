import { Inject, Injectable } from '@nestjs/common';
import { statementOf } from '@leadwire/persistence';
import { AccountTransaction } from '../accounts/account-transaction.js';
import { STANDING_ANY_STATUS } from '../accounts/accounts.queries.js';
import type { Standing } from '../accounts/standing.js';
import { ACT_AS_BEARER, MEMBERSHIP_OF_TOKEN } from './sessions.queries.js';

const OF_TOKEN = `${STANDING_ANY_STATUS} AND m.id = (${MEMBERSHIP_OF_TOKEN})`;
const OF_PERSON = `${STANDING_ANY_STATUS} AND m.user_id = $1 AND m.tenant_id = $2`;

/** Where a person belongs, asked before a tenant is chosen: their own memberships are all that can be seen. */
@Injectable()
export class Standings {
  constructor(@Inject(AccountTransaction) private readonly accounts: AccountTransaction) {}

  /** Whose session a refresh token belongs to, and in which team; undefined when it is unknown or its bearer left the team. */
  async ofToken(tokenHash: Buffer): Promise<Standing | undefined> {
    const bearer = statementOf(ACT_AS_BEARER, [tokenHash], 'act-as-bearer');
    const [standing] = await this.accounts.readAs<Standing>(
      bearer,
      OF_TOKEN,
      [tokenHash],
      'standing-of-token',
    );
    return standing;
  }

  /** A person in one of their teams; undefined when it is not theirs or does not exist. */
  async inTenant(userId: string, tenantId: string): Promise<Standing | undefined> {
    const params = [userId, tenantId];
    const [standing] = await this.accounts.readAs<Standing>(userId, OF_PERSON, params, 'standing-of-person');
    return standing;
  }
}
