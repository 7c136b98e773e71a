import type { Ctx } from '@leadwire/kernel';
import { CAPABILITIES, ROLES } from '../capabilities.js';
import { defineApi } from '../define/api.js';
import { Bool, Int, JsonObject, ListOf, OneOf, Text } from '../define/fields.js';
import { Nothing } from '../define/page.js';
import { FEATURE_KEYS } from '../features.js';

/** A snapshot travels as one message; NATS takes 1 MiB, and two of them must fit. */
export const SNAPSHOT_BYTES_MAX = 448 * 1024;
export const FLAG_KEY_MAX = 100;
export const FLAGS_PER_TENANT_MAX = 150;
const RULE_MAX = 20;
const WORDS_MAX = 500;

/** Rights of one tenant as a service needs them to decide for itself; see the entitlements library. */
export class RightsSnapshot {
  @Text({ max: SNAPSHOT_BYTES_MAX, nullable: true, description: 'JSON; null when there is no such tenant.' })
  tenant!: string | null;

  @Text({ max: SNAPSHOT_BYTES_MAX, description: 'JSON: the flags that are for everybody.' })
  everybody!: string;
}

export class ReadEntitlements {
  @OneOf(['', 'true', 'false'], {
    optional: true,
    description: 'With `?explain` every answer brings the rules that led to it, in words.',
  })
  explain?: string;
}

/** One rule on the way to an answer; the last one decided. */
export class EntitlementStep {
  @Text({
    max: RULE_MAX,
    description: 'catalogue, tenant_status, plan, tenant_feature, flag, denial, role or grant.',
  })
  rule!: string;

  @Bool()
  passed!: boolean;

  @Text({ max: WORDS_MAX })
  text!: string;
}

class Explained {
  @Bool()
  allowed!: boolean;

  @Text({ max: RULE_MAX, description: 'The rule that decided.' })
  decidedBy!: string;

  @ListOf(() => EntitlementStep, { items: 10, optional: true })
  trail?: EntitlementStep[];
}

export class FeatureEntitlement extends Explained {
  @OneOf(FEATURE_KEYS)
  feature!: string;
}

export class CapabilityEntitlement extends Explained {
  @OneOf(CAPABILITIES)
  capability!: string;
}

export class FlagEntitlement {
  @Text({ max: FLAG_KEY_MAX })
  flag!: string;

  @JsonObject({
    description: '`{ "value": … }`: a boolean, a text, a number or an object; empty when there is none.',
  })
  answer!: { value?: unknown };

  @Text({ max: 64 })
  variant!: string;

  @Text({
    max: RULE_MAX,
    description: "OpenFeature's reason: STATIC, DEFAULT, TARGETING_MATCH, SPLIT, DISABLED or ERROR.",
  })
  reason!: string;

  @Text({
    max: RULE_MAX,
    description: 'expiry, user_row, tenant_row, switched_off, rule, rollout or default.',
  })
  decidedBy!: string;

  @Text({ max: WORDS_MAX, optional: true })
  text?: string;
}

/** What the signed-in person and their team have, right now. */
export class Entitlements {
  @Int({ description: 'Rises with every change.' })
  version!: number;

  @Text({ max: 40 })
  status!: string;

  @Text({ max: 40 })
  planTier!: string;

  @OneOf(ROLES)
  role!: string;

  @ListOf(() => FeatureEntitlement, { items: FEATURE_KEYS.length })
  features!: FeatureEntitlement[];

  @ListOf(() => CapabilityEntitlement, { items: CAPABILITIES.length })
  capabilities!: CapabilityEntitlement[];

  @ListOf(() => FlagEntitlement, { items: 1000 })
  flags!: FlagEntitlement[];
}

export interface EntitlementsApi {
  /** For services that have no snapshot of a tenant at hand. */
  snapshot(ctx: Ctx, input: Nothing): Promise<RightsSnapshot>;
  mine(ctx: Ctx, input: ReadEntitlements): Promise<Entitlements>;
}
export const entitlementsApi = defineApi<EntitlementsApi>('identity.entitlements', {
  snapshot: { input: Nothing, output: RightsSnapshot, can: 'system', idempotent: true },
  mine: { input: ReadEntitlements, output: Entitlements, can: 'signed-in', idempotent: true },
});
