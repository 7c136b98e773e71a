import type { Ctx } from '@leadwire/kernel';
import { CAPABILITIES, ROLES } from '../capabilities.js';
import { defineApi } from '../define/api.js';
import { Bool, Int, JsonObject, ListOf, OneOf, Text, Timestamp, Uuid } from '../define/fields.js';
import { Nothing } from '../define/page.js';
import { FEATURE_KEYS } from '../features.js';
import { MemberRef } from './members.api.js';
import { FLAG_KEY_MAX, FLAGS_PER_TENANT_MAX } from './entitlements.api.js';

export const RIGHT_REASON_MAX = 200;
/** What was given to or taken from single people of one tenant; they all travel in its snapshot. */
export const PERSONAL_RIGHTS_PER_TENANT_MAX = 2_000;
const KEY_MAX = 100;
/** Flags that gate a feature have its key. */
const FLAG_KEY = /^[a-z][a-z0-9_.-]*$/;

/** A part of the product, and whether the team has it. */
export class TenantFeature {
  @OneOf(FEATURE_KEYS)
  key!: string;

  @Text({ max: 60 })
  title!: string;

  @Bool({ description: 'Whether the plan includes it.' })
  inPlan!: boolean;

  @Bool({ description: 'Whether it is switched on for the team.' })
  enabled!: boolean;

  @Bool({ description: 'Whether the owner may switch it.' })
  optional!: boolean;

  @OneOf(['owner', 'operator'], {
    nullable: true,
    description: 'Who switched it last; null when nobody did.',
  })
  switchedBy!: string | null;

  @Timestamp({ nullable: true })
  switchedAt!: string | null;

  @Timestamp({
    nullable: true,
    description: 'When it was switched for the first time; null when nobody did.',
  })
  firstSwitchedAt!: string | null;

  @JsonObject({ description: 'What an operator limited, e.g. `{ "rowsPerImport": 50000 }`.' })
  limits!: Record<string, number>;

  @Int({ min: 0, description: 'Rights of it that were given to or taken from single members.' })
  personalRights!: number;
}

export class TenantFeatures {
  @ListOf(() => TenantFeature, { items: FEATURE_KEYS.length })
  items!: TenantFeature[];
}

export class SwitchFeature {
  @Text({ max: KEY_MAX })
  featureKey!: string;

  @Bool()
  enabled!: boolean;
}

export interface FeaturesApi {
  list(ctx: Ctx, input: Nothing): Promise<TenantFeatures>;
  update(ctx: Ctx, input: SwitchFeature): Promise<TenantFeature>;
}
export const featuresApi = defineApi<FeaturesApi>('identity.features', {
  list: { input: Nothing, output: TenantFeatures, can: 'tenant.read', idempotent: true },
  update: { input: SwitchFeature, output: TenantFeature, can: 'features.write', idempotent: true },
});

/** One right of one member: what their role says, and what was said for them in particular. */
export class MemberRight {
  @OneOf(CAPABILITIES)
  capability!: string;

  @OneOf(FEATURE_KEYS, { nullable: true, description: 'The feature that it needs.' })
  feature!: string | null;

  @Bool({ description: 'What holds in the end.' })
  allowed!: boolean;

  @Text({ max: 20, description: 'The rule that decided.' })
  decidedBy!: string;

  @Bool({ nullable: true, description: 'Given (true) or taken (false) in particular; null when neither.' })
  personal!: boolean | null;

  @Text({ max: RIGHT_REASON_MAX, nullable: true })
  reason!: string | null;

  @Uuid({ nullable: true, description: 'Who gave or took it.' })
  changedBy!: string | null;

  @Timestamp({ nullable: true })
  changedAt!: string | null;

  @Timestamp({ nullable: true, description: 'Since when there is something in particular.' })
  personalSince!: string | null;
}

export class MemberRights {
  @Uuid()
  userId!: string;

  @OneOf(ROLES)
  role!: string;

  @ListOf(() => MemberRight, { items: CAPABILITIES.length })
  rights!: MemberRight[];
}

export class MemberRightRef extends MemberRef {
  @Text({ max: KEY_MAX })
  capability!: string;
}

export class SetMemberRight extends MemberRightRef {
  @Bool({ description: 'true gives the right beyond the role, false takes what the role would give.' })
  allowed!: boolean;

  @Text({ min: 1, max: RIGHT_REASON_MAX, optional: true })
  reason?: string;
}

export interface MemberRightsApi {
  get(ctx: Ctx, input: MemberRef): Promise<MemberRights>;
  set(ctx: Ctx, input: SetMemberRight): Promise<MemberRights>;
  unset(ctx: Ctx, input: MemberRightRef): Promise<void>;
}
export const memberRightsApi = defineApi<MemberRightsApi>('identity.member-rights', {
  get: { input: MemberRef, output: MemberRights, can: 'rights.read', idempotent: true },
  set: { input: SetMemberRight, output: MemberRights, can: 'rights.write', idempotent: true },
  unset: { input: MemberRightRef, can: 'rights.write', idempotent: true },
});

/** A flag's row for the whole team or for one member. */
export class TenantFlag {
  @Text({ max: FLAG_KEY_MAX })
  key!: string;

  @Uuid({ nullable: true, description: 'The member it is for; null for the whole team.' })
  userId!: string | null;

  @Bool()
  enabled!: boolean;

  @JsonObject({ description: 'Rules, roll-out and variants.' })
  config!: object;

  @Timestamp({ nullable: true, description: 'From then on it reads as off.' })
  expiresAt!: string | null;

  @Timestamp()
  createdAt!: string;

  @Timestamp()
  updatedAt!: string;
}

/** A flag's row with whom it is for, as operators see it. */
export class FlagRowState extends TenantFlag {
  @Uuid({ nullable: true, description: 'The team it is for; null for everybody.' })
  tenantId!: string | null;
}

export class TenantFlags {
  @ListOf(() => TenantFlag, { items: FLAGS_PER_TENANT_MAX })
  items!: TenantFlag[];
}

export interface FlagsApi {
  list(ctx: Ctx, input: Nothing): Promise<TenantFlags>;
}
export const flagsApi = defineApi<FlagsApi>('identity.flags', {
  list: { input: Nothing, output: TenantFlags, can: 'flags.read', idempotent: true },
});

/** Which row of a flag: everybody's, a team's, or one member's. */
export class FlagRowRef {
  @Text({ max: FLAG_KEY_MAX, pattern: FLAG_KEY })
  key!: string;

  @Uuid({ optional: true, description: 'The team it is for; for everybody unless told.' })
  tenantId?: string;

  @Uuid({ optional: true, description: 'The member of that team it is for.' })
  userId?: string;
}

export class SetFlag extends FlagRowRef {
  @Bool()
  enabled!: boolean;

  @JsonObject({ optional: true, description: 'Rules, roll-out and variants; as it was unless told.' })
  config?: object;

  @Timestamp({ optional: true, nullable: true, description: 'From then on it reads as off; null for never.' })
  expiresAt?: string | null;
}

export class ListFlagRows {
  @Uuid({ optional: true, description: 'The team whose rows to show besides those for everybody.' })
  tenantId?: string;
}

export class FlagRows {
  @ListOf(() => FlagRowState, { items: 2 * FLAGS_PER_TENANT_MAX })
  items!: FlagRowState[];
}

export class SwitchTenantFeature extends SwitchFeature {
  @Uuid()
  tenantId!: string;

  @JsonObject({ optional: true, description: 'Its limits from now on, by name; as they were unless told.' })
  limits?: Record<string, number>;
}

export class RepublishedSnapshots {
  @Int({ min: 0 })
  tenants!: number;
}

/** What those do who run the platform; no route leads here. */
export interface OperatorRightsApi {
  switchFeature(ctx: Ctx, input: SwitchTenantFeature): Promise<TenantFeature>;
  listFlags(ctx: Ctx, input: ListFlagRows): Promise<FlagRows>;
  setFlag(ctx: Ctx, input: SetFlag): Promise<FlagRowState>;
  removeFlag(ctx: Ctx, input: FlagRowRef): Promise<void>;
  /** Publishes every snapshot anew, over whatever is there: after a restore of the database. */
  republish(ctx: Ctx, input: Nothing): Promise<RepublishedSnapshots>;
}
export const operatorRightsApi = defineApi<OperatorRightsApi>('identity.operator-rights', {
  switchFeature: { input: SwitchTenantFeature, output: TenantFeature, can: 'system', idempotent: true },
  listFlags: { input: ListFlagRows, output: FlagRows, can: 'system', idempotent: true },
  setFlag: { input: SetFlag, output: FlagRowState, can: 'system', idempotent: true },
  removeFlag: { input: FlagRowRef, can: 'system', idempotent: true },
  republish: { input: Nothing, output: RepublishedSnapshots, can: 'system', idempotent: true },
});
