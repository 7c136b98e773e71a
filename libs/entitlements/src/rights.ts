import { CAPABILITIES, type Role } from '@leadwire/contracts';
import { decide } from './decide.js';
import { evaluateFlag, type Flag, type FlagAnswer, type FlagContext } from './flags.js';
import { intern } from './interned-sets.js';
import { NO_GLOBAL_FLAGS, type FlagRow, type GlobalSnapshot, type TenantSnapshot } from './snapshot.js';

/** People of one tenant whose capabilities are remembered; past it they are worked out anew. */
const PEOPLE_REMEMBERED_MAX = 10_000;

/** Who acts, as far as rights depend on it. */
export type Person = { userId: string | null; role: Role };

/**
 * A tenant's snapshot made ready for questions: look-ups instead of searches, and each person's capabilities worked out once.
 * It never changes; a newer snapshot makes a new one.
 */
export class TenantRights {
  readonly tenantId: string;
  readonly version: number;
  readonly globalVersion: number;
  readonly status: string;
  readonly planTier: string;
  readonly features: ReadonlyMap<string, boolean>;
  private readonly limits: Readonly<Record<string, Record<string, number>>>;
  private readonly personal: ReadonlyMap<string, ReadonlyMap<string, boolean>>;
  private readonly flags: ReadonlyMap<string, Flag>;
  /** When a row expires, what was worked out before no longer holds. */
  private readonly expiries: readonly number[];
  private remembered = new Map<string, ReadonlySet<string>>();
  private holdsUntil = -Infinity;

  constructor(tenant: TenantSnapshot, everybody: GlobalSnapshot = NO_GLOBAL_FLAGS) {
    this.tenantId = tenant.tenantId;
    this.version = tenant.version;
    this.globalVersion = everybody.version;
    this.status = tenant.status;
    this.planTier = tenant.planTier;
    this.features = new Map(Object.entries(tenant.features));
    this.limits = tenant.limits ?? {};
    this.personal = new Map(
      Object.entries(tenant.rights).map(([userId, rights]) => [userId, new Map(Object.entries(rights))]),
    );
    this.flags = flagsOf(tenant, everybody);
    this.expiries = expiriesOf(this.flags);
  }

  /** What was given to or taken from one person: true, false, or undefined for neither. */
  personalRight(userId: string | null, capability: string): boolean | undefined {
    return userId === null ? undefined : this.personal.get(userId)?.get(capability);
  }

  /** A limit of a feature for this tenant; infinite where nobody set one. */
  limitOf(feature: string, name: string): number {
    return own(own(this.limits, feature) ?? {}, name) ?? Infinity;
  }

  get flagKeys(): string[] {
    return [...this.flags.keys()].sort();
  }

  hasFlag(key: string): boolean {
    return this.flags.has(key);
  }

  /** The answer of a flag to somebody of this tenant; `extra` attributes never replace what we know of them. */
  flag(key: string, person: Partial<Person>, now: number, extra: FlagContext = {}): FlagAnswer {
    return evaluateFlag(this.flags.get(key), this.contextOf(person, extra), now);
  }

  /**
   * All that a person may do. The same set object for the same capabilities, so that whoever keys a cache by it pays nothing
   * for the comparison.
   */
  capabilitiesOf(person: Person, now: number): ReadonlySet<string> {
    if (now >= this.holdsUntil) this.forget(now);
    const key = `${person.role}|${person.userId}`;
    const known = this.remembered.get(key);
    if (known) return known;
    const capabilities = intern(
      CAPABILITIES.filter((capability) => decide(this, { capability, ...person }, now).allowed),
    );
    if (this.remembered.size >= PEOPLE_REMEMBERED_MAX) this.remembered.clear();
    this.remembered.set(key, capabilities);
    return capabilities;
  }

  private forget(now: number): void {
    this.remembered = new Map();
    this.holdsUntil = this.expiries.find((moment) => moment > now) ?? Infinity;
  }

  private contextOf({ userId, role }: Partial<Person>, extra: FlagContext): FlagContext {
    const { tenantId, planTier, status } = this;
    return { ...extra, tenantId, userId, role, planTier, status };
  }
}

/** Rights of a tenant that does not exist, or no longer: none. */
export function noRights(tenantId: string): TenantRights {
  return new TenantRights({
    format: 1,
    tenantId,
    version: 0,
    status: 'unknown',
    planTier: 'none',
    features: {},
    rights: {},
    flags: {},
    userFlags: {},
  });
}

function flagsOf(tenant: TenantSnapshot, everybody: GlobalSnapshot): ReadonlyMap<string, Flag> {
  const keys = new Set(
    [everybody.flags, tenant.flags, tenant.userFlags].flatMap((rows) => Object.keys(rows)),
  );
  return new Map(
    [...keys].map((key): [string, Flag] => [
      key,
      {
        key,
        everybody: own(everybody.flags, key),
        tenant: own(tenant.flags, key),
        users: new Map(Object.entries(own(tenant.userFlags, key) ?? {})),
      },
    ]),
  );
}

// Keys are names that people chose: `constructor` must find nothing that nobody put there.
function own<T>(rows: Record<string, T>, key: string): T | undefined {
  return Object.hasOwn(rows, key) ? rows[key] : undefined;
}

function expiriesOf(flags: ReadonlyMap<string, Flag>): number[] {
  const rows = [...flags.values()].flatMap(({ everybody, tenant, users }): (FlagRow | undefined)[] => [
    everybody,
    tenant,
    ...(users?.values() ?? []),
  ]);
  return rows.flatMap((row) => row?.expiresAt ?? []).sort((a, b) => a - b);
}
