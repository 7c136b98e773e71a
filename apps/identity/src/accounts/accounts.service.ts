import { Inject } from '@nestjs/common';
import {
  accountErrors,
  accountsApi,
  ROLE_CAPABILITIES,
  type AccountsApi,
  type LogIn,
  type Nothing,
  type RefreshSession,
  type SessionTokens,
  type SignedInUser,
  type SignUp,
} from '@leadwire/contracts';
import { Clock, newId, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { isUniqueViolation, TenantTransaction } from '@leadwire/persistence';
import { Renewals } from '../sessions/renewals.js';
import { SessionAnswers } from '../sessions/session-answers.js';
import { clientOf } from '../sessions/session-client.js';
import { Sessions } from '../sessions/sessions.js';
import { STANDING_IN_TENANT, TOUCH_LAST_LOG_IN } from './accounts.queries.js';
import { AccountsStore } from './accounts.store.js';
import { actingAs } from './acting-as.js';
import { canonicalEmail } from './canonical-email.js';
import { Credentials } from './credentials.js';
import { NewTeams } from './new-teams.js';
import { Passwords } from './passwords.js';
import { requireOpen, toTenant, toUser, type Standing } from './standing.js';

/** Sign-up, log-in, and the life of a session. */
@Serves(accountsApi)
export class AccountsService implements AccountsApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(AccountsStore) private readonly store: AccountsStore,
    @Inject(Passwords) private readonly passwords: Passwords,
    @Inject(Credentials) private readonly credentials: Credentials,
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(Renewals) private readonly renewals: Renewals,
    @Inject(SessionAnswers) private readonly answers: SessionAnswers,
    @Inject(NewTeams) private readonly teams: NewTeams,
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
        const owner = { ...input, userId: ids.userId, email, passwordHash };
        const standing = await this.teams.create(db, input.tenantName, owner);
        return { standing, session: await this.sessions.open(db, standing, { client: clientOf(ctx) }) };
      })
      .catch((error: unknown) => {
        throw isUniqueViolation(error, 'users_email_key') ? accountErrors.email_taken() : error;
      });
    return this.answers.of(opened);
  }

  /**
   * Begins a session for whoever shows the password. An address without an account answers the same, in the same time.
   * @throws AppError `account.bad_credentials` | `account.slow_down` | `account.not_a_member` | `tenant.suspended` |
   * `tenant.closed`
   */
  async logIn(ctx: Ctx, input: LogIn): Promise<SessionTokens> {
    const provenAt = this.clock.now();
    const userId = await this.credentials.prove(input.email, input.password);
    const standing = await this.store.standingForLogIn(userId, input);
    if (!standing) throw accountErrors.not_a_member();
    requireOpen(standing);
    const opened = await this.tenant.run(actingAs(ctx, standing), async (db) => {
      const session = await this.sessions.open(db, standing, { client: clientOf(ctx), provenAt });
      await db.execute(TOUCH_LAST_LOG_IN, [userId, this.clock.now()]);
      return { standing, session };
    });
    return this.answers.of(opened);
  }

  /**
   * Exchanges a refresh token for new tokens of the same session.
   * @throws AppError `account.session_ended` when the token is unknown, spent, expired, or its session or membership has ended
   */
  refresh(ctx: Ctx, { refreshToken }: RefreshSession): Promise<SessionTokens> {
    return this.renewals.refresh(ctx, refreshToken);
  }

  /** Ends the caller's session: its refresh tokens stop working at once, its access token within a second. */
  async logOut(ctx: Ctx): Promise<void> {
    const { sessionId, userId } = ctx;
    if (!sessionId || !userId) return;
    await this.tenant.run(ctx, (db) => this.sessions.end(db, sessionId, userId, 'log-out'));
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
}
