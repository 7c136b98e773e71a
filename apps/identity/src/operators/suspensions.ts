import { Inject, Injectable } from '@nestjs/common';
import { ROLES, UserReinstated, UserSuspended } from '@leadwire/contracts';
import { assert, Clock, systemCtx } from '@leadwire/kernel';
import { TenantTransaction, type TenantDb } from '@leadwire/persistence';
import { Rounds } from '@leadwire/platform';
import { AccountTransaction } from '../accounts/account-transaction.js';
import { ApiKeyOwners } from '../api-keys/api-key-owners.js';
import { LOCK_TEAM } from '../members/members.queries.js';
import { Memberships } from '../members/memberships.js';
import { Sessions } from '../sessions/sessions.js';
import {
  LOCK_STANDING,
  NOTE_UNTOLD,
  REINSTATE_USER,
  SUSPEND_USER,
  TAKE_UNTOLD,
  UNTOLD_PEOPLE,
  UNTOLD_TENANTS,
} from './suspensions.queries.js';

const PEOPLE_PER_LOOK_MAX = 100;

/**
 * Stops people and lets them go on. What happens to the person is one transaction; an event belongs to one team, so each team is told
 * in a transaction of its own. Who dies in between leaves rows that the next look finds.
 */
@Injectable()
export class Suspensions extends Rounds {
  protected readonly everyMs = 1_000;
  protected readonly trouble = 'teams could not be told who was suspended';

  constructor(
    @Inject(AccountTransaction) private readonly accounts: AccountTransaction,
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(Memberships) private readonly memberships: Memberships,
    @Inject(ApiKeyOwners) private readonly apiKeys: ApiKeyOwners,
    @Inject(Clock) private readonly clock: Clock,
  ) {
    super();
  }

  /** Tells the teams that were left untold. */
  async round(): Promise<boolean> {
    const people = await this.accounts.alone.query<{ userId: string }>(UNTOLD_PEOPLE, [PEOPLE_PER_LOOK_MAX]);
    for (const { userId } of people) await this.tell(userId);
    return false;
  }

  /** Ends a person's sessions and keys everywhere, and withdraws the invitations they sent. Does nothing twice. */
  async suspend(userId: string, reason: string): Promise<void> {
    await this.accounts.runAs(userId, async (db) => {
      const suspended = await db.execute(SUSPEND_USER, [userId, reason, this.clock.now()]);
      if (suspended === 0) return;
      await this.sessions.endAllBeside(db, { userId, reason: 'user-suspended' });
      await db.execute(NOTE_UNTOLD, [userId]);
    });
    await this.sessions.announce(userId);
    await this.announce(userId);
  }

  async reinstate(userId: string): Promise<void> {
    await this.accounts.runAs(userId, async (db) => {
      const reinstated = await db.execute(REINSTATE_USER, [userId]);
      if (reinstated > 0) await db.execute(NOTE_UNTOLD, [userId]);
    });
    await this.announce(userId);
  }

  private async announce(userId: string): Promise<void> {
    await this.apiKeys.switched(userId);
    await this.tell(userId);
  }

  private async tell(userId: string): Promise<void> {
    const params = [userId];
    const tenants = await this.accounts.readAs<{ tenantId: string }>(
      userId,
      UNTOLD_TENANTS,
      params,
      'untold-tenants',
    );
    for (const { tenantId } of tenants)
      await this.tenant.run(systemCtx(tenantId), (db) => this.tellTeam(db, userId));
  }

  // The team first: an invitation that is being made or accepted comes before this, and is seen, or after it, and is refused.
  private async tellTeam(db: TenantDb, userId: string): Promise<void> {
    await db.query(LOCK_TEAM, [db.tenantId]);
    const [standing] = await db.query<{ isActive: boolean; version: number }>(LOCK_STANDING, [userId]);
    const untold = await db.execute(TAKE_UNTOLD, [db.tenantId, userId]);
    if (untold === 0) return;
    assert(standing, 'somebody with a membership exists');
    const { isActive, version } = standing;
    if (!isActive) await this.memberships.revokeInvitations(db, userId, ROLES, 'inviter-suspended');
    db.emit(isActive ? UserReinstated : UserSuspended, userId, { userId }, { version });
  }
}
