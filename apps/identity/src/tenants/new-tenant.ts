import { MembershipCreated, TenantCreated, tenantErrors } from '@leadwire/contracts';
import { assert, newId } from '@leadwire/kernel';
import type { TenantDb } from '@leadwire/persistence';
import { INSERT_MEMBERSHIP, INSERT_TENANT } from '../accounts/accounts.queries.js';
import { isReserved, slugOf, withSuffix } from '../accounts/slug.js';

const SLUG_TRIES_MAX = 5;
const PLAN_OF_NEW_TENANTS = 'trial';

/**
 * Makes the transaction's tenant. A slug that was asked for is taken or refused; one made from the name gets a suffix when it
 * is taken.
 * @throws AppError `tenant.slug_taken` | `tenant.slug_reserved`
 */
export async function createTenant(
  db: TenantDb,
  { name, slug: wanted, ownerUserId }: { name: string; slug?: string; ownerUserId: string },
): Promise<void> {
  if (wanted !== undefined && isReserved(wanted)) throw tenantErrors.slug_reserved();
  const plain = wanted ?? slugOf(name);
  let slug = isReserved(plain) ? withSuffix(plain) : plain;
  for (let attempt = 1; (await db.execute(INSERT_TENANT, [db.tenantId, name, slug])) === 0; attempt++) {
    if (wanted !== undefined) throw tenantErrors.slug_taken();
    assert(attempt < SLUG_TRIES_MAX, 'a random suffix tells slugs apart');
    slug = withSuffix(plain);
  }
  db.emit(
    TenantCreated,
    db.tenantId,
    { name, slug, planTier: PLAN_OF_NEW_TENANTS, ownerUserId },
    { version: 1 },
  );
}

/** Makes somebody the first member of the transaction's tenant. */
export async function createOwnership(db: TenantDb, userId: string): Promise<void> {
  const membershipId = newId();
  await db.execute(INSERT_MEMBERSHIP, [membershipId, db.tenantId, userId, 'owner']);
  db.emit(MembershipCreated, membershipId, { userId, role: 'owner' }, { version: 1 });
}
