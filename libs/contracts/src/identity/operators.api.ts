import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { Bool, Email, Int, OneOf, Text, Timestamp, Uuid } from '../define/fields.js';
import { PageRequest, pageOf, type Page } from '../define/page.js';
import { TENANT_NAME_MAX, TENANT_PLANS, TENANT_SLUG_MAX, TENANT_STATUSES, TenantRef } from './tenants.api.js';

export const OPERATOR_REASON_MAX = 500;

/** A team as those see it who run the platform: how it stands, nothing of what it does. */
export class OperatorTenant {
  @Uuid()
  id!: string;

  @Text({ max: TENANT_NAME_MAX })
  name!: string;

  @Text({ max: TENANT_SLUG_MAX })
  slug!: string;

  @OneOf(TENANT_STATUSES)
  status!: string;

  @Text({ max: OPERATOR_REASON_MAX, nullable: true, description: 'Why it is suspended.' })
  statusReason!: string | null;

  @Timestamp({ nullable: true })
  statusChangedAt!: string | null;

  @Text({ max: 40 })
  planTier!: string;

  @Int({ min: 0 })
  members!: number;

  @Timestamp()
  createdAt!: string;

  @Timestamp({ nullable: true, description: 'Of a closed team: when its data is erased.' })
  eraseAfter!: string | null;
}

export class ListTenants extends PageRequest {
  @Text({ min: 1, max: TENANT_NAME_MAX, optional: true, description: 'An id, or a part of name or slug.' })
  words?: string;

  @OneOf(TENANT_STATUSES, { optional: true })
  status?: string;
}

export class SuspendTenant extends TenantRef {
  @Text({ min: 1, max: OPERATOR_REASON_MAX, pattern: /\S/, description: 'Kept with the team.' })
  reason!: string;
}

export class SetTenantPlan extends TenantRef {
  @OneOf(TENANT_PLANS)
  planTier!: string;
}

export class UserRef {
  @Text({ min: 3, max: 254, description: 'An e-mail address or an id.' })
  user!: string;
}

export class SuspendUser extends UserRef {
  @Text({ min: 1, max: OPERATOR_REASON_MAX, pattern: /\S/, description: 'Kept with the account.' })
  reason!: string;
}

/** An account as those see it who run the platform. */
export class OperatorUser {
  @Uuid()
  id!: string;

  @Email()
  email!: string;

  @Bool()
  isActive!: boolean;

  @Text({ max: OPERATOR_REASON_MAX, nullable: true, description: 'Why it is suspended.' })
  suspendedReason!: string | null;

  @Timestamp({ nullable: true })
  suspendedAt!: string | null;
}

/** What only those may ask who run the platform; no route leads here. */
export interface OperatorsApi {
  listTenants(ctx: Ctx, input: ListTenants): Promise<Page<OperatorTenant>>;
  suspendTenant(ctx: Ctx, input: SuspendTenant): Promise<OperatorTenant>;
  reinstateTenant(ctx: Ctx, input: TenantRef): Promise<OperatorTenant>;
  setPlan(ctx: Ctx, input: SetTenantPlan): Promise<OperatorTenant>;
  getUser(ctx: Ctx, input: UserRef): Promise<OperatorUser>;
  suspendUser(ctx: Ctx, input: SuspendUser): Promise<OperatorUser>;
  reinstateUser(ctx: Ctx, input: UserRef): Promise<OperatorUser>;
}
export const operatorsApi = defineApi<OperatorsApi>('identity.operators', {
  listTenants: { input: ListTenants, output: pageOf(OperatorTenant), can: 'system', idempotent: true },
  suspendTenant: { input: SuspendTenant, output: OperatorTenant, can: 'system' },
  reinstateTenant: { input: TenantRef, output: OperatorTenant, can: 'system' },
  setPlan: { input: SetTenantPlan, output: OperatorTenant, can: 'system' },
  getUser: { input: UserRef, output: OperatorUser, can: 'system', idempotent: true },
  suspendUser: { input: SuspendUser, output: OperatorUser, can: 'system' },
  reinstateUser: { input: UserRef, output: OperatorUser, can: 'system' },
});
