import { Inject, Injectable } from '@nestjs/common';
import {
  accountErrors,
  InvitationRevoked,
  memberErrors,
  MembershipChanged,
  MembershipCreated,
  MembershipRemoved,
  ROLES,
  tenantErrors,
  type Role,
} from '@leadwire/contracts';
import { assert, Clock, newId } from '@leadwire/kernel';
import type { TenantDb } from '@leadwire/persistence';
import { Sessions } from '../sessions/sessions.js';
import {
  COUNT_OWNERS,
  DROP_FLAGS,
  DROP_GRANTS,
  FIND_ACTIVE_ROLE,
  FIND_ROLE,
  FORGET_PRIMARY,
  JOIN,
  LOCK_TEAM,
  REMOVE_MEMBERSHIP,
  REVOKE_INVITATIONS_OF,
  SET_ROLE,
} from './members.queries.js';
import { rolesAbove } from './role-rules.js';

export type Place = { membershipId: string; role: Role };

/**
 * What may happen to memberships, inside the transaction of whoever makes it happen. Call {@link lock} first: rules about
 * owners hold only when one change is made at a time.
 */
@Injectable()
export class Memberships {
  constructor(
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /**
   * Makes all other changes of the team's people wait.
   * @throws AppError `tenant.not_found` | `tenant.suspended`
   */
  async lock(db: TenantDb): Promise<void> {
    const [team] = await db.query<{ status: string }>(LOCK_TEAM, [db.tenantId]);
    if (!team) throw tenantErrors.not_found();
    if (team.status === 'suspended') throw tenantErrors.suspended();
  }

  /**
   * The caller's place as it is now, not as their token says; somebody suspended has none. The system stands where an owner stands.
   * @throws AppError `account.not_a_member`
   */
  async ofCaller(db: TenantDb): Promise<Role> {
    if (db.ctx.actor === 'system') return 'owner';
    const [place] = await db.query<Place>(FIND_ACTIVE_ROLE, [db.tenantId, db.ctx.userId]);
    if (!place) throw accountErrors.not_a_member();
    return place.role;
  }

  /** @throws AppError `member.not_found` */
  async require(db: TenantDb, userId: string): Promise<Place> {
    const place = await this.find(db, userId);
    if (!place) throw memberErrors.not_found();
    return place;
  }

  async find(db: TenantDb, userId: string): Promise<Place | undefined> {
    const [place] = await db.query<Place>(FIND_ROLE, [db.tenantId, userId]);
    return place;
  }

  /**
   * Gives a member another role; tokens that name the old one stop working.
   * @throws AppError `member.last_owner`
   */
  async change(db: TenantDb, userId: string, { membershipId, role }: Place, to: Role): Promise<void> {
    if (role === to) return;
    if (role === 'owner') await this.requireAnotherOwner(db);
    const [row] = await db.query<{ version: number }>(SET_ROLE, [db.tenantId, membershipId, to]);
    assert(row, 'a member who was found can be changed');
    db.emit(MembershipChanged, membershipId, { userId, role: to }, { version: row.version });
    await this.revokeInvitations(db, userId, rolesAbove(to), 'inviter-demoted');
  }

  /**
   * Takes a member out of the team: their sessions in it end, their grants and open invitations go. Leads keep their name
   * until somebody takes them over.
   * @throws AppError `member.last_owner`
   */
  async remove(db: TenantDb, userId: string, { membershipId, role }: Place): Promise<void> {
    if (role === 'owner') await this.requireAnotherOwner(db);
    const now = this.clock.now();
    const [row] = await db.query<{ version: number }>(REMOVE_MEMBERSHIP, [db.tenantId, membershipId, now]);
    assert(row, 'a member who was found can be removed');
    db.emit(MembershipRemoved, membershipId, { userId }, { version: row.version });
    await this.sessions.endAllIn(db, { userId, tenantId: db.tenantId, reason: 'membership-removed' });
    for (const sql of [DROP_GRANTS, DROP_FLAGS, FORGET_PRIMARY]) await db.execute(sql, [db.tenantId, userId]);
    await this.revokeInvitations(db, userId, ROLES, 'inviter-left');
  }

  /** Makes somebody a member; false when they are one already. */
  async join(db: TenantDb, userId: string, role: Role, invitedBy: string | null): Promise<boolean> {
    const [row] = await db.query<{ membershipId: string; version: number }>(JOIN, [
      newId(),
      db.tenantId,
      userId,
      role,
      invitedBy,
      this.clock.now(),
    ]);
    if (!row) return false;
    db.emit(MembershipCreated, row.membershipId, { userId, role }, { version: row.version });
    return true;
  }

  private async requireAnotherOwner(db: TenantDb): Promise<void> {
    const [count] = await db.query<{ owners: number }>(COUNT_OWNERS, [db.tenantId]);
    if ((count?.owners ?? 0) < 2) throw memberErrors.last_owner();
  }

  /** Withdraws what a member sent and nobody answered: whoever is sent away could have invited a second address of their own. */
  async revokeInvitations(
    db: TenantDb,
    userId: string,
    roles: readonly Role[],
    reason: string,
  ): Promise<void> {
    if (roles.length === 0) return;
    const revoked = await db.query<{ id: string }>(REVOKE_INVITATIONS_OF, [
      db.tenantId,
      userId,
      roles,
      this.clock.now(),
    ]);
    for (const { id } of revoked) db.emit(InvitationRevoked, id, { reason });
  }
}
