import { Inject } from '@nestjs/common';
import {
  accountErrors,
  accountsApi,
  CAPABILITIES,
  type AccountsApi,
  type LogIn,
  type Nothing,
  type RefreshSession,
  type SessionTokens,
  type SignedInUser,
  type SignUp,
} from '@leadwire/contracts';
import { Clock, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { TenantTransaction } from '@leadwire/persistence';
import { Renewals } from '../sessions/renewals.js';
import { SessionAnswers } from '../sessions/session-answers.js';
import { clientOf } from '../sessions/session-client.js';
import { Sessions } from '../sessions/sessions.js';
import { ME, TOUCH_LAST_LOG_IN } from './accounts.queries.js';
import { AccountsStore } from './accounts.store.js';
import { actingAs } from './acting-as.js';
import { Credentials } from './credentials.js';
import { SignUps } from './sign-ups.js';
import { requireOpen, toTenant, toUser, type Standing } from './standing.js';

/** Sign-up, log-in, and the life of a session. */
@Serves(accountsApi)
export class AccountsService implements AccountsApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(AccountsStore) private readonly store: AccountsStore,
    @Inject(Credentials) private readonly credentials: Credentials,
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(Renewals) private readonly renewals: Renewals,
    @Inject(SessionAnswers) private readonly answers: SessionAnswers,
    @Inject(SignUps) private readonly signUps: SignUps,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /**
   * Makes a tenant, its owner's account and a first session, where that is possible without a mailed link.
   * @throws AppError `account.sign_up_by_link` | `account.email_taken` | `account.password_refused` | `account.slow_down`
   */
  signUp(ctx: Ctx, input: SignUp): Promise<SessionTokens> {
    return this.signUps.atOnce(ctx, input);
  }

  /**
   * Begins a session for whoever shows the password. An address without an account answers the same, in the same time.
   * @throws AppError `account.bad_credentials` | `account.slow_down` | `account.not_a_member` | `tenant.suspended` |
   * `tenant.closed`
   */
  async logIn(ctx: Ctx, input: LogIn): Promise<SessionTokens> {
    const provenAt = this.clock.now();
    const proof = await this.credentials.check(input.email, input.password, ctx.clientIp);
    const standing = await this.openStanding(proof.userId, input).catch(async (error: unknown) => {
      await this.credentials.settle(proof);
      throw error;
    });
    const opened = await this.tenant.run(actingAs(ctx, standing), async (db) => {
      const session = await this.sessions.open(db, standing, { client: clientOf(ctx), provenAt });
      db.atLast(TOUCH_LAST_LOG_IN, [proof.userId, this.clock.now()], 'touch-last-log-in');
      db.alsoAtLast(proof.settling);
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
    const params = [ctx.tenantId, ctx.userId, this.clock.now()];
    const [standing] = await this.tenant.read<Standing & { pendingEmail: string | null }>(
      ctx,
      ME,
      params,
      'identity-me',
    );
    if (!standing) throw accountErrors.not_a_member();
    const { role } = standing;
    return {
      user: toUser(standing),
      pendingEmail: standing.pendingEmail,
      tenant: toTenant(standing),
      role,
      // What the gateway found that they may do: role, plan, features, flags and personal rights together.
      capabilities: CAPABILITIES.filter((capability) => ctx.capabilities.has(capability)),
    };
  }

  private async openStanding(userId: string, team: LogIn): Promise<Standing> {
    const standing = await this.store.standingForLogIn(userId, team);
    if (!standing) throw accountErrors.not_a_member();
    requireOpen(standing);
    return standing;
  }
}
