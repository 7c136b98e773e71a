import { Inject } from '@nestjs/common';
import {
  memberErrors,
  membersApi,
  type ChangeMember,
  type ListMembers,
  type Member,
  type MemberRef,
  type MembersApi,
  type Nothing,
  type Page,
  type Role,
  type TransferOwnership,
} from '@leadwire/contracts';
import { assert, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { Cursors, TenantTransaction, type TenantDb } from '@leadwire/persistence';
import { ReAuthentication, requirePerson } from '../accounts/re-authentication.js';
import { FIND_MEMBER, LIST_MEMBERS } from './members.queries.js';
import { Memberships } from './memberships.js';
import { requireGrantable, requireReach } from './role-rules.js';

type MemberRow = {
  membershipId: string;
  userId: string;
  email: string;
  firstName: string | null;
  lastName: string | null;
  role: Role;
  invitedBy: string | null;
  joinedAt: Date;
  updatedAt: Date;
  lastSeenAt: Date | null;
};

/** Who belongs to the caller's team, as what, and who no longer does. */
@Serves(membersApi)
export class MembersService implements MembersApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(Cursors) private readonly cursors: Cursors,
    @Inject(Memberships) private readonly memberships: Memberships,
    @Inject(ReAuthentication) private readonly reAuthentication: ReAuthentication,
  ) {}

  /** In the order in which they first joined. */
  async list(ctx: Ctx, input: ListMembers): Promise<Page<Member>> {
    const { after, limit } = this.cursors.read(ctx, 'members', input);
    const rows = await this.tenant.read<MemberRow>(
      ctx,
      LIST_MEMBERS,
      [ctx.tenantId, input.role ?? null, after?.[0] ?? null, limit + 1],
      'identity-members',
    );
    return this.cursors.page(ctx, 'members', input, rows, (row) => [row.membershipId], toMember);
  }

  /** @throws AppError `member.not_found` */
  async get(ctx: Ctx, { userId }: MemberRef): Promise<Member> {
    const [row] = await this.tenant.read<MemberRow>(ctx, FIND_MEMBER, [ctx.tenantId, userId]);
    if (!row) throw memberErrors.not_found();
    return toMember(row);
  }

  /**
   * Gives a member another role.
   * @throws AppError `member.not_found` | `member.above_you` | `member.role_above_yours` | `member.last_owner`
   */
  update(ctx: Ctx, { userId, role }: ChangeMember): Promise<Member> {
    return this.tenant.run(ctx, async (db) => {
      await this.memberships.lock(db);
      const mine = await this.memberships.ofCaller(db);
      const place = await this.memberships.require(db, userId);
      requireReach(mine, place.role);
      requireGrantable(mine, role as Role);
      await this.memberships.change(db, userId, place, role as Role);
      return memberOf(db, userId);
    });
  }

  /**
   * Takes a member out of the team, at once everywhere.
   * @throws AppError `member.not_found` | `member.above_you` | `member.last_owner`
   */
  remove(ctx: Ctx, { userId }: MemberRef): Promise<void> {
    return this.tenant.run(ctx, async (db) => {
      await this.memberships.lock(db);
      const mine = await this.memberships.ofCaller(db);
      const place = await this.memberships.require(db, userId);
      requireReach(mine, place.role);
      await this.memberships.remove(db, userId, place);
    });
  }

  /** @throws AppError `member.last_owner` | `member.not_found` */
  leave(ctx: Ctx, _: Nothing): Promise<void> {
    const { userId } = requirePerson(ctx);
    return this.tenant.run(ctx, async (db) => {
      await this.memberships.lock(db);
      await this.memberships.remove(db, userId, await this.memberships.require(db, userId));
    });
  }

  /**
   * Makes another member the owner and the caller an admin.
   * @throws AppError `reauthentication.failed` | `member.not_found` | `member.owner_already` | `member.above_you`
   */
  async transferOwnership(ctx: Ctx, { userId, password }: TransferOwnership): Promise<Member> {
    const caller = requirePerson(ctx).userId;
    await this.reAuthentication.confirm(ctx, password);
    return this.tenant.run(ctx, async (db) => {
      await this.memberships.lock(db);
      const mine = await this.memberships.require(db, caller);
      requireReach(mine.role, 'owner');
      const place = await this.memberships.require(db, userId);
      if (place.role === 'owner') throw memberErrors.owner_already();
      await this.memberships.change(db, userId, place, 'owner');
      await this.memberships.change(db, caller, mine, 'admin');
      return memberOf(db, userId);
    });
  }
}

async function memberOf(db: TenantDb, userId: string): Promise<Member> {
  const [row] = await db.query<MemberRow>(FIND_MEMBER, [db.tenantId, userId]);
  assert(row, 'who was just changed is a member');
  return toMember(row);
}

function toMember(row: MemberRow): Member {
  const { membershipId: _, joinedAt, updatedAt, lastSeenAt, ...member } = row;
  return {
    ...member,
    joinedAt: joinedAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
    lastSeenAt: lastSeenAt?.toISOString() ?? null,
  };
}
