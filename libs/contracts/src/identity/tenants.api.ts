import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { Email, Text, Timestamp, OneOf, Uuid, WebUrl } from '../define/fields.js';
import { Nothing } from '../define/page.js';

export const TENANT_NAME_MAX = 120;
export const TENANT_SLUG_MAX = 63;
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
    description: 'Unique name for addresses; made from the name at sign-up and never changed.',
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
}

export interface TenantsApi {
  get(ctx: Ctx, input: Nothing): Promise<Tenant>;
  update(ctx: Ctx, input: UpdateTenant): Promise<Tenant>;
}
export const tenantsApi = defineApi<TenantsApi>('identity.tenants', {
  get: { input: Nothing, output: Tenant, can: 'tenant.read', idempotent: true },
  update: { input: UpdateTenant, output: Tenant, can: 'tenant.update' },
});
