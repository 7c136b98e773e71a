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
import { Clock, newId, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { isUniqueViolation, TenantTransaction } from '@leadwire/persistence';
import { limits } from '../guessing/limits.js';
import { ownNetwork } from '../guessing/password-guessing.js';
import { REMEMBER_NETWORKS } from '../guessing/throttles.queries.js';
import { Throttles } from '../guessing/throttles.js';
import { NewPasswords } from '../passwords/new-passwords.js';
import { Renewals } from '../sessions/renewals.js';
import { SessionAnswers } from '../sessions/session-answers.js';
import { clientOf } from '../sessions/session-client.js';
import { Sessions } from '../sessions/sessions.js';
import { ME, TOUCH_LAST_LOG_IN } from './accounts.queries.js';
import { AccountsStore } from './accounts.store.js';
import { actingAs } from './acting-as.js';
import { canonicalEmail } from './canonical-email.js';
import { Credentials } from './credentials.js';
import { NewTeams } from './new-teams.js';
import { requireOpen, toTenant, toUser, type Standing } from './standing.js';
import { TakenAddresses } from './taken-addresses.js';

/** Sign-up, log-in, and the life of a session. */
@Serves(accountsApi)
export class AccountsService implements AccountsApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(AccountsStore) private readonly store: AccountsStore,
    @Inject(NewPasswords) private readonly newPasswords: NewPasswords,
    @Inject(TakenAddresses) private readonly taken: TakenAddresses,
    @Inject(Throttles) private readonly throttles: Throttles,
    @Inject(Credentials) private readonly credentials: Credentials,
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(Renewals) private readonly renewals: Renewals,
    @Inject(SessionAnswers) private readonly answers: SessionAnswers,
    @Inject(NewTeams) private readonly teams: NewTeams,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /**
   * Makes a tenant, its owner's account and a first session, and asks the address for its confirmation. An address with an
   * account is told of the attempt; that the answer says so too is the price of a session at once, so networks are slowed down.
   * @throws AppError `account.email_taken` | `account.password_refused` | `account.slow_down`
   */
  async signUp(ctx: Ctx, input: SignUp): Promise<SessionTokens> {
    await this.throttles.claim(...limits.signUps(ctx.clientIp));
    const email = canonicalEmail(input.email);
    const { password, tenantName, firstName, lastName } = input;
    const passwordHash = await this.newPasswords.prepare(password, [email, tenantName, firstName, lastName]);
    if (await this.store.emailTaken(email)) throw await this.taken.refusalOf(email);
    const ids = { tenantId: newId(), userId: newId() };
    const opened = await this.tenant
      .run(actingAs(ctx, ids), async (db) => {
        const owner = { ...input, userId: ids.userId, email, passwordHash };
        const standing = await this.teams.create(db, input.tenantName, owner);
        const network = ownNetwork(ids.userId, ctx.clientIp, this.clock.now());
        db.atLast(REMEMBER_NETWORKS, network, 'remember-networks');
        return { standing, session: await this.sessions.open(db, standing, { client: clientOf(ctx) }) };
      })
      .catch(async (error: unknown) => {
        throw isUniqueViolation(error, 'users_email_key') ? await this.taken.refusalOf(email) : error;
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
