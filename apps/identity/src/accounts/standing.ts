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

/** Columns of a person as {@link toUser} reads them. */
export const USER_COLUMNS = `u.id AS "userId", u.email AS "userEmail", u.first_name AS "firstName", u.last_name AS "lastName",
  u.phone AS "userPhone", u.avatar_url AS "avatarUrl", u.email_verified AS "emailVerified",
  u.phone_verified AS "phoneVerified", u.primary_tenant_id AS "primaryTenantId", u.metadata AS "userMetadata",
  u.last_login_at AS "lastLoginAt", u.password_changed_at AS "passwordChangedAt", u.created_at AS "userCreatedAt",
  u.updated_at AS "userUpdatedAt"`;

export type UserColumns = {
  userId: string;
  userEmail: string;
  firstName: string | null;
  lastName: string | null;
  userPhone: string | null;
  avatarUrl: string | null;
  emailVerified: boolean;
  phoneVerified: boolean;
  primaryTenantId: string | null;
  userMetadata: Record<string, unknown>;
  lastLoginAt: Date | null;
  passwordChangedAt: Date | null;
  userCreatedAt: Date;
  userUpdatedAt: Date;
};

/** A person in one of their teams: who, where, as what. */
export type Standing = TenantColumns & UserColumns & { membershipId: string; role: Role };

/** The team, as its members see it. */
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

/** The person, as they see themselves. */
export function toUser(row: UserColumns): UserAccount {
  return {
    id: row.userId,
    email: row.userEmail,
    firstName: row.firstName,
    lastName: row.lastName,
    phone: row.userPhone,
    avatarUrl: row.avatarUrl,
    emailVerified: row.emailVerified,
    phoneVerified: row.phoneVerified,
    primaryTenantId: row.primaryTenantId,
    metadata: row.userMetadata,
    passwordChangedAt: row.passwordChangedAt?.toISOString() ?? null,
    lastLoginAt: row.lastLoginAt?.toISOString() ?? null,
    createdAt: row.userCreatedAt.toISOString(),
    updatedAt: row.userUpdatedAt.toISOString(),
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
