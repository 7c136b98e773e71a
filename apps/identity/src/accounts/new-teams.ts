import { Inject, Injectable } from '@nestjs/common';
import { UserSignedUp } from '@leadwire/contracts';
import { assert, Clock } from '@leadwire/kernel';
import type { TenantDb } from '@leadwire/persistence';
import { EmailVerification } from '../emails/email-verification.js';
import { createOwnership, createTenant } from '../tenants/new-tenant.js';
import { INSERT_USER, STANDING_IN_TENANT } from './accounts.queries.js';
import type { Standing } from './standing.js';

/** Who signs up. */
export type NewOwner = {
  userId: string;
  /** In its canonical spelling. */
  email: string;
  /** Null for who logs in with a provider only. */
  passwordHash: string | null;
  /** Whether somebody we trust has seen that the address is theirs. */
  emailVerified?: boolean;
  firstName?: string;
  lastName?: string;
};

/** Makes a tenant and the account of its owner, however they have shown who they are. */
@Injectable()
export class NewTeams {
  constructor(
    @Inject(EmailVerification) private readonly verification: EmailVerification,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /**
   * Makes the tenant that the transaction runs in, its owner's account and their membership, and announces them.
   * @throws a violation of `users_email_key` when there is an account with this address
   */
  async create(db: TenantDb, tenantName: string, owner: NewOwner): Promise<Standing> {
    await createTenant(db, { name: tenantName.trim(), ownerUserId: owner.userId });
    await this.createAccount(db, owner);
    await createOwnership(db, owner.userId);
    const [standing] = await db.query<Standing>(STANDING_IN_TENANT, [db.tenantId, owner.userId]);
    assert(standing, 'who has just signed up is a member');
    return standing;
  }

  /**
   * Makes the account of somebody whose first team is the one that the transaction runs in, and asks the address for its
   * confirmation unless somebody has seen it already.
   * @throws a violation of `users_email_key` when there is an account with this address
   */
  async createAccount(db: TenantDb, person: NewOwner): Promise<void> {
    const { userId, email, passwordHash, firstName = null, lastName = null, emailVerified = false } = person;
    const names = [firstName, lastName];
    const now = this.clock.now();
    const params = [userId, email, passwordHash, ...names, db.tenantId, emailVerified, now];
    await db.execute(INSERT_USER, params);
    db.emit(UserSignedUp, userId, { email });
    if (!emailVerified) await this.verification.send(db, { userId, email });
  }
}
