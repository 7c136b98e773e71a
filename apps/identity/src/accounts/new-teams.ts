import { Inject, Injectable } from '@nestjs/common';
import { MembershipCreated, TenantCreated, UserSignedUp } from '@leadwire/contracts';
import { assert, Clock, newId } from '@leadwire/kernel';
import type { TenantDb } from '@leadwire/persistence';
import { INSERT_MEMBERSHIP, INSERT_TENANT, INSERT_USER, STANDING_IN_TENANT } from './accounts.queries.js';
import { slugOf, withSuffix } from './slug.js';
import type { Standing } from './standing.js';

const SLUG_TRIES_MAX = 5;
const PLAN_OF_NEW_TENANTS = 'trial';

/** Who signs up. */
export type NewOwner = {
  userId: string;
  /** In its canonical spelling. */
  email: string;
  passwordHash: string | null;
  firstName?: string;
  lastName?: string;
};

/** Makes a tenant and the account of its owner, however they have shown who they are. */
@Injectable()
export class NewTeams {
  constructor(@Inject(Clock) private readonly clock: Clock) {}

  /**
   * Makes the tenant that the transaction runs in, its owner's account and their membership, and announces them.
   * @throws a violation of `users_email_key` when there is an account with this address
   */
  async create(db: TenantDb, tenantName: string, owner: NewOwner): Promise<Standing> {
    await this.createTenant(db, tenantName.trim(), owner.userId);
    await this.createOwner(db, owner);
    const [standing] = await db.query<Standing>(STANDING_IN_TENANT, [db.tenantId, owner.userId]);
    assert(standing, 'who has just signed up is a member');
    return standing;
  }

  private async createTenant(db: TenantDb, name: string, ownerUserId: string): Promise<void> {
    const plain = slugOf(name);
    let slug = plain;
    for (let attempt = 1; (await db.execute(INSERT_TENANT, [db.tenantId, name, slug])) === 0; attempt++) {
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

  private async createOwner(db: TenantDb, owner: NewOwner): Promise<void> {
    const { userId, email, passwordHash, firstName = null, lastName = null } = owner;
    const now = this.clock.now();
    await db.execute(INSERT_USER, [userId, email, passwordHash, firstName, lastName, db.tenantId, now]);
    const membershipId = newId();
    await db.execute(INSERT_MEMBERSHIP, [membershipId, db.tenantId, userId, 'owner']);
    db.emit(UserSignedUp, userId, { email });
    db.emit(MembershipCreated, membershipId, { userId, role: 'owner' });
  }
}
