import { Inject } from '@nestjs/common';
import {
  accountErrors,
  accountsApi,
  MembershipCreated,
  ROLE_CAPABILITIES,
  SessionEnded,
  TenantCreated,
  UserSignedUp,
  type AccountsApi,
  type LogIn,
  type Nothing,
  type RefreshSession,
  type SessionTokens,
  type SignedInUser,
  type SignUp,
} from '@leadwire/contracts';
import { assert, Clock, newId, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { isUniqueViolation, TenantTransaction, type TenantDb } from '@leadwire/persistence';
import { SigningKeys } from '../keys/signing-keys.js';
import { hashOfToken, Sessions, type OpenedSession } from '../sessions/sessions.js';
import {
  INSERT_MEMBERSHIP,
  INSERT_TENANT,
  INSERT_USER,
  STANDING_IN_TENANT,
  TOUCH_LAST_LOG_IN,
} from './accounts.queries.js';
import { AccountsStore } from './accounts.store.js';
import { Passwords } from './passwords.js';
import { slugOf, withSuffix } from './slug.js';
import { toTenant, toUser, type Standing } from './standing.js';

const SLUG_TRIES_MAX = 5;
const PLAN_OF_NEW_TENANTS = 'trial';

/** Sign-up, log-in, and the life of a session. */
@Serves(accountsApi)
export class AccountsService implements AccountsApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(AccountsStore) private readonly store: AccountsStore,
    @Inject(Passwords) private readonly passwords: Passwords,
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(SigningKeys) private readonly keys: SigningKeys,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /**
   * Makes a tenant, its owner's account and a first session.
   * @throws AppError `account.email_taken`
   */
  async signUp(ctx: Ctx, input: SignUp): Promise<SessionTokens> {
    const email = canonicalEmail(input.email);
    if (await this.store.emailTaken(email)) throw accountErrors.email_taken();
    const passwordHash = await this.passwords.hash(input.password);
    const ids = { tenantId: newId(), userId: newId() };
    const opened = await this.tenant
      .run(actingAs(ctx, ids), async (db) => {
        await this.createTenant(db, input.tenantName.trim(), ids.userId);
        await this.createOwner(db, ids.userId, { ...input, email, passwordHash });
        return this.open(db, ids.userId);
      })
      .catch((error: unknown) => {
        throw isUniqueViolation(error, 'users_email_key') ? accountErrors.email_taken() : error;
      });
    return this.answer(opened);
  }

  /**
   * Begins a session for whoever shows the password. An address without an account answers the same, in the same time.
   * @throws AppError `account.bad_credentials` | `account.slow_down` | `account.not_a_member`
   */
  async logIn(ctx: Ctx, input: LogIn): Promise<SessionTokens> {
    const email = canonicalEmail(input.email);
    await this.store.claimAttempt(email);
    const account = await this.store.credentialsOf(email);
    const known = await this.passwords.matches(account?.passwordHash, input.password);
    if (!account || !known) throw accountErrors.bad_credentials();
    await this.store.clearAttempts(email);
    const standing = await this.store.standingForLogIn(account.id, input);
    if (!standing) throw accountErrors.not_a_member();
    const opened = await this.tenant.run(actingAs(ctx, standing), async (db) => {
      const session = await this.sessions.open(db, standing);
      await db.execute(TOUCH_LAST_LOG_IN, [account.id, this.clock.now()]);
      return { standing, session };
    });
    return this.answer(opened);
  }

  /**
   * Exchanges a refresh token for new tokens of the same session.
   * @throws AppError `account.session_ended` when the token is unknown, spent, expired, or its session or membership has ended
   */
  async refresh(ctx: Ctx, { refreshToken }: RefreshSession): Promise<SessionTokens> {
    const tokenHash = hashOfToken(refreshToken);
    const standing = await this.store.standingOfToken(tokenHash);
    if (!standing) throw accountErrors.session_ended({ internal: 'unknown refresh token' });
    const rotated = await this.tenant.run(actingAs(ctx, standing), (db) =>
      this.sessions.rotate(db, tokenHash),
    );
    // The transaction that ends a session commits; only then may the request fail.
    if ('refused' in rotated) throw accountErrors.session_ended({ internal: rotated.refused });
    return this.answer({ standing, session: rotated });
  }

  /** Ends the caller's session: its refresh tokens stop working at once, its access token within five minutes. */
  async logOut(ctx: Ctx): Promise<void> {
    const { sessionId, userId } = ctx;
    if (!sessionId || !userId) return;
    await this.tenant.run(ctx, async (db) => {
      const ended = await this.sessions.end(db, sessionId, userId, 'log-out');
      if (ended) db.emit(SessionEnded, sessionId, { userId, reason: 'log-out' });
    });
  }

  /** @throws AppError `account.not_a_member` when the caller has left the team, or is not a person */
  async me(ctx: Ctx, _: Nothing): Promise<SignedInUser> {
    const [standing] = await this.tenant.read<Standing>(
      ctx,
      STANDING_IN_TENANT,
      [ctx.tenantId, ctx.userId],
      'identity-me',
    );
    if (!standing) throw accountErrors.not_a_member();
    const { role } = standing;
    return {
      user: toUser(standing),
      tenant: toTenant(standing),
      role,
      capabilities: [...ROLE_CAPABILITIES[role]],
    };
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

  private async createOwner(
    db: TenantDb,
    userId: string,
    person: SignUp & { passwordHash: string },
  ): Promise<void> {
    const { email, passwordHash, firstName = null, lastName = null } = person;
    await db.execute(INSERT_USER, [
      userId,
      email,
      passwordHash,
      firstName,
      lastName,
      db.tenantId,
      this.clock.now(),
    ]);
    const membershipId = newId();
    await db.execute(INSERT_MEMBERSHIP, [membershipId, db.tenantId, userId, 'owner']);
    db.emit(UserSignedUp, userId, { email });
    db.emit(MembershipCreated, membershipId, { userId, role: 'owner' });
  }

  private async open(db: TenantDb, userId: string): Promise<Opened> {
    const [standing] = await db.query<Standing>(STANDING_IN_TENANT, [db.tenantId, userId]);
    assert(standing, 'who has just signed up is a member');
    return { standing, session: await this.sessions.open(db, standing) };
  }

  private async answer({ standing, session }: Opened): Promise<SessionTokens> {
    return {
      ...(await this.keys.sign({
        sub: standing.userId,
        sid: session.sessionId,
        tid: standing.tenantId,
        role: standing.role,
      })),
      refreshToken: session.refreshToken,
      user: toUser(standing),
      tenant: toTenant(standing),
      role: standing.role,
    };
  }
}

type Opened = { standing: Standing; session: OpenedSession };

// Only ASCII: case of other letters depends on the locale, and the database's CHECK must agree with us.
function canonicalEmail(email: string): string {
  return email.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}

// The answers of these requests carry tokens, so they must not be remembered under an Idempotency-Key.
function actingAs(ctx: Ctx, { tenantId, userId }: { tenantId: string; userId: string }): Ctx {
  return Object.freeze({ ...ctx, tenantId, userId, actor: 'user' as const, idempotencyKey: undefined });
}
