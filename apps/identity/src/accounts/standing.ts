import { tenantErrors, type Role, type Tenant, type UserAccount } from '@leadwire/contracts';

/** Columns of a tenant as {@link toTenant} reads them. */
export const TENANT_COLUMNS = `t.id AS "tenantId", t.name AS "tenantName", t.slug, t.status, t.plan_tier AS "planTier",
  t.email AS "tenantEmail", t.phone AS "tenantPhone", t.website, t.created_at AS "tenantCreatedAt", t.updated_at AS "tenantUpdatedAt"`;

export type TenantColumns = {
  tenantId: string;
  tenantName: string;
  slug: string;
  status: string;
  planTier: string;
  tenantEmail: string | null;
  tenantPhone: string | null;
  website: string | null;
  tenantCreatedAt: Date;
  tenantUpdatedAt: Date;
};

/** A person in one of their teams: who, where, as what. */
export type Standing = TenantColumns & {
  membershipId: string;
  role: Role;
  userId: string;
  userEmail: string;
  firstName: string | null;
  lastName: string | null;
  userPhone: string | null;
  avatarUrl: string | null;
  emailVerified: boolean;
  lastLoginAt: Date | null;
  userCreatedAt: Date;
};

export function toTenant(row: TenantColumns): Tenant {
  return {
    id: row.tenantId,
    name: row.tenantName,
    slug: row.slug,
    status: row.status,
    planTier: row.planTier,
    email: row.tenantEmail,
    phone: row.tenantPhone,
    website: row.website,
    createdAt: row.tenantCreatedAt.toISOString(),
    updatedAt: row.tenantUpdatedAt.toISOString(),
  };
}

export function toUser(row: Standing): UserAccount {
  return {
    id: row.userId,
    email: row.userEmail,
    firstName: row.firstName,
    lastName: row.lastName,
    phone: row.userPhone,
    avatarUrl: row.avatarUrl,
    emailVerified: row.emailVerified,
    lastLoginAt: row.lastLoginAt?.toISOString() ?? null,
    createdAt: row.userCreatedAt.toISOString(),
  };
}

/**
 * Says why nobody works in a team now; only to somebody who has shown that they belong to it.
 * @throws AppError `tenant.suspended` | `tenant.closed`
 */
export function requireOpen({ tenantId, status }: TenantColumns): void {
  if (status === 'suspended') throw tenantErrors.suspended();
  if (status === 'closed') throw tenantErrors.closed({ extras: { tenantId } });
}
