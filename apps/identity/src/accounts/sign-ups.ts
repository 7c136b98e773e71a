import { Inject, Injectable } from '@nestjs/common';
import { accountErrors, type SessionTokens, type SignUp } from '@leadwire/contracts';
import { Clock, newId, type Ctx } from '@leadwire/kernel';
import { isUniqueViolation, TenantTransaction, type TenantDb } from '@leadwire/persistence';
import { CONFIG } from '@leadwire/platform';
import { limits } from '../guessing/limits.js';
import { ownNetwork } from '../guessing/password-guessing.js';
import { REMEMBER_NETWORKS } from '../guessing/throttles.queries.js';
import { Throttles } from '../guessing/throttles.js';
import type { IdentityConfig } from '../identity.config.js';
import { NewPasswords } from '../passwords/new-passwords.js';
import { SessionAnswers } from '../sessions/session-answers.js';
import { clientOf } from '../sessions/session-client.js';
import { Sessions } from '../sessions/sessions.js';
import { AccountsStore } from './accounts.store.js';
import { actingAs } from './acting-as.js';
import { canonicalEmail } from './canonical-email.js';
import { NewTeams, type NewOwner } from './new-teams.js';
import { TakenAddresses } from './taken-addresses.js';

/** Sign-up of people who choose a password. */
@Injectable()
export class SignUps {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<IdentityConfig, 'SIGN_UP_AT_ONCE'>,
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(AccountsStore) private readonly store: AccountsStore,
    @Inject(NewPasswords) private readonly newPasswords: NewPasswords,
    @Inject(NewTeams) private readonly teams: NewTeams,
    @Inject(TakenAddresses) private readonly taken: TakenAddresses,
    @Inject(Throttles) private readonly throttles: Throttles,
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(SessionAnswers) private readonly answers: SessionAnswers,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /**
   * Signs up whoever asks, and asks the address for its confirmation. An address with an account is told of the attempt; that the
   * answer says so too is the price of a session at once, so an operator has to want it, and networks are slowed down.
   * @throws AppError `account.sign_up_by_link` | `account.email_taken` | `account.password_refused` | `account.slow_down`
   */
  async atOnce(ctx: Ctx, { password, ...input }: SignUp): Promise<SessionTokens> {
    if (!this.config.SIGN_UP_AT_ONCE) throw accountErrors.sign_up_by_link();
    await this.throttles.claim(...limits.signUps(ctx.clientIp));
    const email = canonicalEmail(input.email);
    const { tenantName, firstName, lastName } = input;
    const passwordHash = await this.newPasswords.prepare(password, [email, tenantName, firstName, lastName]);
    if (await this.store.emailTaken(email)) throw await this.taken.refusalOf(email);
    const owner = { email, passwordHash, firstName, lastName };
    return this.begin(ctx, tenantName, owner).catch(async (error: unknown) => {
      throw isUniqueViolation(error, 'users_email_key') ? await this.taken.refusalOf(email) : error;
    });
  }

  /**
   * Makes a tenant, its owner's account and a first session in one commit, and takes the network as one of the owner's.
   * @param redeem uses up, in the same commit, what entitles to it
   * @throws what `redeem` throws; a violation of `users_email_key` when there is an account with this address
   */
  async begin(
    ctx: Ctx,
    tenantName: string,
    owner: Omit<NewOwner, 'userId'>,
    redeem?: (db: TenantDb) => Promise<void>,
  ): Promise<SessionTokens> {
    const ids = { tenantId: newId(), userId: newId() };
    const opened = await this.tenant.run(actingAs(ctx, ids), async (db) => {
      await redeem?.(db);
      const standing = await this.teams.create(db, tenantName, { ...owner, userId: ids.userId });
      const network = ownNetwork(ids.userId, ctx.clientIp, this.clock.now());
      db.atLast(REMEMBER_NETWORKS, network, 'remember-networks');
      return { standing, session: await this.sessions.open(db, standing, { client: clientOf(ctx) }) };
    });
    return this.answers.of(opened);
  }
}
