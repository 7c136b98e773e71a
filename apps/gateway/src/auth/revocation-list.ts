import type { Role } from '@leadwire/contracts';
import type { Session } from './session.js';

export type Refusal =
  | 'session-ended'
  | 'team-switched'
  | 'role-changed'
  | 'member-removed'
  | 'tenant-suspended'
  | 'tenant-closed';

/** What a credential must say to be judged; sessions have it. */
export type Judged = Pick<Session, 'tenantId' | 'userId' | 'sessionId' | 'role' | 'issuedAt'>;

/**
 * A change is dated by the start of its transaction, and a token that names the old state may be signed until its commit: so
 * long after the change, state decides and not time.
 */
const COMMIT_LAG_MAX_MS = 5_000;

/**
 * What no longer holds although credentials that say so still run. Facts about sessions and members are forgotten once every
 * token of that time has expired; a tenant that is not active is remembered until it is.
 */
export class RevocationList {
  private readonly ended: Fading<true>;
  private readonly switched: Fading<{ tenantId: string; notBefore: number }>;
  private readonly roles: Fading<{ role: Role; at: number }>;
  private readonly removed: Fading<true>;
  private readonly tenants = new Map<string, 'tenant-suspended' | 'tenant-closed'>();

  /** @param keptMs how long a token lives, and a margin for clocks that differ */
  constructor(keptMs: number, factsMax: number) {
    this.ended = new Fading(keptMs, factsMax);
    this.switched = new Fading(keptMs, factsMax);
    this.roles = new Fading(keptMs, factsMax);
    this.removed = new Fading(keptMs, factsMax);
  }

  endSession(sessionId: string, now: number): void {
    this.ended.set(sessionId, true, now);
  }

  /** The session goes on in `tenantId`: its tokens for other tenants count only if issued after. */
  switchSession(sessionId: string, tenantId: string, notBefore: number, now: number): void {
    this.switched.set(sessionId, { tenantId, notBefore }, now);
  }

  changeRole(tenantId: string, userId: string, role: Role, at: number, now: number): void {
    this.roles.set(memberKey(tenantId, userId), { role, at }, now);
  }

  removeMember(tenantId: string, userId: string, now: number): void {
    this.removed.set(memberKey(tenantId, userId), true, now);
  }

  /** Sessions of before have ended; whoever comes back begins new ones. */
  addMember(tenantId: string, userId: string): void {
    this.removed.delete(memberKey(tenantId, userId));
    this.roles.delete(memberKey(tenantId, userId));
  }

  setTenantStatus(tenantId: string, status: string): void {
    if (status === 'active') this.tenants.delete(tenantId);
    else this.tenants.set(tenantId, status === 'suspended' ? 'tenant-suspended' : 'tenant-closed');
  }

  /** Why this credential counts no more; undefined while it does. */
  refusalOf({ tenantId, userId, sessionId, role, issuedAt }: Judged): Refusal | undefined {
    if (sessionId !== null) {
      if (this.ended.get(sessionId)) return 'session-ended';
      const switched = this.switched.get(sessionId);
      if (switched && switched.tenantId !== tenantId && issuedAt <= switched.notBefore)
        return 'team-switched';
    }
    const tenant = this.tenants.get(tenantId);
    if (tenant) return tenant;
    if (this.removed.size === 0 && this.roles.size === 0) return undefined;
    const member = memberKey(tenantId, userId);
    if (this.removed.get(member)) return 'member-removed';
    const changed = this.roles.get(member);
    const mayBeOld = changed && issuedAt <= changed.at + COMMIT_LAG_MAX_MS;
    return mayBeOld && changed.role !== role ? 'role-changed' : undefined;
  }
}

const memberKey = (tenantId: string, userId: string): string => `${tenantId}|${userId}`;

/** A map of bounded size whose entries are forgotten after a while, oldest first. */
class Fading<V> {
  private readonly entries = new Map<string, { value: V; forgetAt: number }>();

  constructor(
    private readonly keptMs: number,
    private readonly sizeMax: number,
  ) {}

  get size(): number {
    return this.entries.size;
  }

  get(key: string): V | undefined {
    return this.entries.get(key)?.value;
  }

  set(key: string, value: V, now: number): void {
    // Last in line again, so that the oldest are always first.
    this.entries.delete(key);
    this.entries.set(key, { value, forgetAt: now + this.keptMs });
    for (const [oldest, { forgetAt }] of this.entries) {
      if (forgetAt > now && this.entries.size <= this.sizeMax) break;
      this.entries.delete(oldest);
    }
  }

  delete(key: string): void {
    this.entries.delete(key);
  }
}
