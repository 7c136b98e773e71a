import { Inject } from '@nestjs/common';
import {
  CAPABILITIES,
  featureOf,
  memberErrors,
  memberRightsApi,
  PERSONAL_RIGHTS_PER_TENANT_MAX,
  rightErrors,
  type Capability,
  type MemberRef,
  type MemberRight,
  type MemberRightRef,
  type MemberRights,
  type MemberRightsApi,
  type Role,
  type SetMemberRight,
} from '@leadwire/contracts';
import { decide, TenantRights } from '@leadwire/entitlements';
import { assert, can, Clock, newId, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { TenantTransaction, type TenantDb } from '@leadwire/persistence';
import { Memberships } from '../members/memberships.js';
import { requireReach } from '../members/role-rules.js';
import { announceChange } from './announce-change.js';
import {
  COUNT_PERSONAL_RIGHTS,
  FIND_PERSONAL_RIGHT,
  LIST_PERSONAL_RIGHTS,
  LOCK_MEMBER,
  MEMBER_ROLE,
  READ_SNAPSHOT,
  SET_PERSONAL_RIGHT,
  UNSET_PERSONAL_RIGHT,
} from './rights.queries.js';
import { toTenantSnapshot, type SnapshotRow } from './snapshot-rows.js';
import { Snapshots } from './snapshots.js';

type PersonalRow = {
  capability: string;
  enabled: boolean;
  reason: string | null;
  changedBy: string | null;
  changedAt: Date;
  personalSince: Date;
};

/**
 * What single members may do beyond their role, or not although it says so. Nobody gives what they lack, by a grant or by
 * lifting a denial; nobody changes their own, nor those of whoever stands above them; an owner has everything.
 */
@Serves(memberRightsApi)
export class MemberRightsService implements MemberRightsApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(Memberships) private readonly memberships: Memberships,
    @Inject(Snapshots) private readonly snapshots: Snapshots,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** @throws AppError `member.not_found` */
  get(ctx: Ctx, { userId }: MemberRef): Promise<MemberRights> {
    return this.tenant.run(ctx, (db) => this.rightsOf(db, userId));
  }

  /**
   * Gives or takes one right. Saying it again changes nothing.
   * @throws AppError `member.not_found` | `right.capability_not_found` | `right.own_rights` | `right.owner_rights` |
   * `right.not_yours_to_give` | `right.too_many` | `member.above_you`
   */
  set(ctx: Ctx, { userId, capability, allowed, reason }: SetMemberRight): Promise<MemberRights> {
    return this.tenant.run(ctx, async (db) => {
      const role = await lockMember(db, userId);
      if (!isCapability(capability)) throw rightErrors.capability_not_found();
      if (userId === ctx.userId) throw rightErrors.own_rights();
      if (role === 'owner') throw rightErrors.owner_rights();
      requireReach(await this.memberships.ofCaller(db), role);
      await announceChange(db, async () => {
        const before = await find(db, userId, capability);
        if (allowed) requireHeld(ctx, capability);
        const unchanged = before?.enabled === allowed && (before.reason ?? undefined) === reason;
        if (!unchanged) {
          if (!before) await requireRoom(db);
          const metadata = { ...(reason ? { reason } : {}), changedBy: ctx.userId };
          const feature = featureOf(capability) ?? null;
          const row = [newId(), db.tenantId, userId, capability, feature, allowed, JSON.stringify(metadata)];
          await db.execute(SET_PERSONAL_RIGHT, row);
        }
        return { kind: 'member', key: capability, userId };
      });
      return this.rightsOf(db, userId);
    });
  }

  /**
   * Leaves the right to the role again. Where nothing was said, nothing happens.
   * @throws AppError `member.not_found` | `right.capability_not_found` | `right.own_rights` | `right.not_yours_to_give` |
   * `member.above_you`
   */
  unset(ctx: Ctx, { userId, capability }: MemberRightRef): Promise<void> {
    return this.tenant.run(ctx, async (db) => {
      const role = await lockMember(db, userId);
      if (!isCapability(capability)) throw rightErrors.capability_not_found();
      if (userId === ctx.userId) throw rightErrors.own_rights();
      requireReach(await this.memberships.ofCaller(db), role);
      await announceChange(db, async () => {
        const before = await find(db, userId, capability);
        if (before && !before.enabled) requireHeld(ctx, capability);
        await db.execute(UNSET_PERSONAL_RIGHT, [db.tenantId, userId, capability]);
        return { kind: 'member', key: capability, userId };
      });
    });
  }

  private async rightsOf(db: TenantDb, userId: string): Promise<MemberRights> {
    const [member] = await db.query<{ role: Role }>(MEMBER_ROLE, [db.tenantId, userId]);
    if (!member) throw memberErrors.not_found();
    const [[row], personal, everybody] = await Promise.all([
      db.query<SnapshotRow>(READ_SNAPSHOT, [db.tenantId]),
      db.query<PersonalRow>(LIST_PERSONAL_RIGHTS, [db.tenantId, userId]),
      this.snapshots.readEverybodyWithin(db),
    ]);
    assert(row, 'a member has a tenant');
    const rights = new TenantRights(toTenantSnapshot(db.tenantId, row), everybody);
    const now = this.clock.now().getTime();
    const of = (capability: Capability): MemberRight => {
      const own = personal.find((candidate) => candidate.capability === capability);
      const { allowed, decidedBy } = decide(rights, { capability, role: member.role, userId }, now);
      return {
        capability,
        feature: featureOf(capability) ?? null,
        allowed,
        decidedBy,
        personal: own?.enabled ?? null,
        reason: own?.reason ?? null,
        changedBy: own?.changedBy ?? null,
        changedAt: own?.changedAt.toISOString() ?? null,
        personalSince: own?.personalSince.toISOString() ?? null,
      };
    };
    return { userId, role: member.role, rights: CAPABILITIES.map(of) };
  }
}

async function lockMember(db: TenantDb, userId: string): Promise<Role> {
  const [member] = await db.query<{ role: Role }>(LOCK_MEMBER, [db.tenantId, userId]);
  if (!member) throw memberErrors.not_found();
  return member.role;
}

async function find(db: TenantDb, userId: string, capability: string): Promise<PersonalRow | undefined> {
  return (await db.query<PersonalRow>(FIND_PERSONAL_RIGHT, [db.tenantId, userId, capability]))[0];
}

async function requireRoom(db: TenantDb): Promise<void> {
  const [row] = await db.query<{ count: number }>(COUNT_PERSONAL_RIGHTS, [db.tenantId]);
  if ((row?.count ?? 0) >= PERSONAL_RIGHTS_PER_TENANT_MAX) throw rightErrors.too_many();
}

function requireHeld(ctx: Ctx, capability: string): void {
  if (!can(ctx, capability)) throw rightErrors.not_yours_to_give();
}

function isCapability(text: string): text is Capability {
  return (CAPABILITIES as readonly string[]).includes(text);
}
