import { Inject, Injectable } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { translateDatabaseError } from '@leadwire/persistence';
import type { DataSource } from 'typeorm';
import { ACT_AS_USER, STANDING_ANY_STATUS } from '../accounts/accounts.queries.js';
import type { Standing } from '../accounts/standing.js';
import { OWNER_OF_TOKEN } from './sessions.queries.js';

const OF_MEMBERSHIP = `${STANDING_ANY_STATUS} AND m.id = $1`;
const OF_PERSON = `${STANDING_ANY_STATUS} AND m.user_id = $1 AND m.tenant_id = $2`;

/** Where a person belongs, asked before a tenant is chosen: their own memberships are all that can be seen. */
@Injectable()
export class Standings {
  constructor(@Inject(getDataSourceToken()) private readonly source: DataSource) {}

  /** Whose session a refresh token belongs to, and in which team; undefined when it is unknown or its bearer left the team. */
  async ofToken(tokenHash: Buffer): Promise<Standing | undefined> {
    const [owner] = await this.attempt(
      this.source.query<{ userId: string; membershipId: string }[]>(OWNER_OF_TOKEN, [tokenHash]),
    );
    return owner && this.as(owner.userId, OF_MEMBERSHIP, [owner.membershipId]);
  }

  /** A person in one of their teams; undefined when it is not theirs or does not exist. */
  inTenant(userId: string, tenantId: string): Promise<Standing | undefined> {
    return this.as(userId, OF_PERSON, [userId, tenantId]);
  }

  private async as(userId: string, sql: string, params: unknown[]): Promise<Standing | undefined> {
    const [standing] = await this.attempt(
      this.source.transaction(async (manager) => {
        await manager.query(ACT_AS_USER, [userId]);
        return manager.query<Standing[]>(sql, params);
      }),
    );
    return standing;
  }

  private async attempt<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw translateDatabaseError(error);
    }
  }
}
