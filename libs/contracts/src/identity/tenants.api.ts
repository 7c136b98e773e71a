import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { Email, Int, JsonObject, OneOf, Text, Timestamp, Uuid, WebUrl } from '../define/fields.js';
import { Nothing } from '../define/page.js';

export const TENANT_NAME_MAX = 120;
export const TENANT_SLUG_MIN = 3;
export const TENANT_SLUG_MAX = 63;
export const TENANT_SLUG = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;
export const TENANT_PLANS = ['trial', 'starter', 'growth', 'enterprise'] as const;
export const ACCOUNT_PHONE_MAX = 32;
export const TENANT_STATUSES = ['active', 'suspended', 'closed'] as const;

/** A team and what it is known by. */
export class Tenant {
  @Uuid()
  id!: string;

  @Text({ max: TENANT_NAME_MAX })
  name!: string;

  @Text({
    max: TENANT_SLUG_MAX,
    description: 'Unique name for addresses; made from the name at first.',
  })
  slug!: string;

  @OneOf(TENANT_STATUSES)
  status!: string;

  @Text({ max: 40 })
  planTier!: string;

  @Email({ nullable: true, description: 'Where the team is reached.' })
  email!: string | null;

  @Text({ max: ACCOUNT_PHONE_MAX, nullable: true })
  phone!: string | null;

  @WebUrl({ nullable: true })
  website!: string | null;

  @Timestamp()
  createdAt!: string;

  @Timestamp()
  updatedAt!: string;
}

/** A team as its members see it. */
export class TenantDetails extends Tenant {
  @JsonObject({ description: "What the team's own tools keep about it." })
  metadata!: Record<string, unknown>;

  @Int({ min: 1, description: 'Rises with each change.' })
  version!: number;
}

export class TenantRef {
  @Uuid()
  tenantId!: string;
}

/** Absent fields stay as they are; null empties those that may be empty. */
export class UpdateTenant {
  @Text({ min: 1, max: TENANT_NAME_MAX, pattern: /\S/, optional: true })
  name?: string;

  @Email({ optional: true, nullable: true })
  email?: string | null;

  @Text({ min: 1, max: ACCOUNT_PHONE_MAX, optional: true, nullable: true })
  phone?: string | null;

  @WebUrl({ optional: true, nullable: true })
  website?: string | null;

  @Text({
    min: TENANT_SLUG_MIN,
    max: TENANT_SLUG_MAX,
    pattern: TENANT_SLUG,
    optional: true,
    description: 'May change once a day; the old one is free for others at once.',
  })
  slug?: string;

  @JsonObject({ optional: true, description: 'Replaces what was there.' })
  metadata?: Record<string, unknown>;

  @Int({
    min: 1,
    optional: true,
    description: 'The version that was read: a team changed since then is left alone.',
  })
  version?: number;
}

export interface TenantsApi {
  get(ctx: Ctx, input: Nothing): Promise<TenantDetails>;
  update(ctx: Ctx, input: UpdateTenant): Promise<TenantDetails>;
}
export const tenantsApi = defineApi<TenantsApi>('identity.tenants', {
  get: { input: Nothing, output: TenantDetails, can: 'tenant.read', idempotent: true },
  update: { input: UpdateTenant, output: TenantDetails, can: 'tenant.update' },
});
