import { Inject } from '@nestjs/common';
import {
  accountErrors,
  oidcApi,
  oidcErrors,
  type CompleteOidcLogIn,
  type LinkedIdentity,
  type OidcApi,
  type OidcCompleted,
  type OidcLink,
  type OidcLogInStarted,
  type OidcProviders as ProviderList,
  type OidcSignUp,
  type SessionTokens,
  type StartOidcLogIn,
} from '@leadwire/contracts';
import { Clock, type AppError, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { TenantTransaction, type TenantDb } from '@leadwire/persistence';
import { TOUCH_LAST_LOG_IN } from '../accounts/accounts.queries.js';
import { AccountsStore } from '../accounts/accounts.store.js';
import { actingAs } from '../accounts/acting-as.js';
import { canonicalEmail } from '../accounts/canonical-email.js';
import { Credentials } from '../accounts/credentials.js';
import { requireOpen, type Standing } from '../accounts/standing.js';
import { SessionAnswers, type Opened } from '../sessions/session-answers.js';
import { clientOf } from '../sessions/session-client.js';
import { Sessions, type OpenOptions } from '../sessions/sessions.js';
import { Identities } from './identities.js';
import { LogInStart } from './log-in-start.js';
import { OidcProviders } from './oidc-providers.js';
import { SESSION_BEGAN } from './oidc.queries.js';
import { OidcStore, type PendingLogIn } from './oidc-store.js';
import { ProviderExchange, type Vouched } from './provider-exchange.js';
import { ProviderSignUps } from './provider-sign-ups.js';

type Team = { tenantId?: string; tenantSlug?: string };

/** Log-in, sign-up and linking with OpenID providers. */
@Serves(oidcApi)
export class OidcService implements OidcApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(OidcProviders) private readonly known: OidcProviders,
    @Inject(ProviderExchange) private readonly exchange: ProviderExchange,
    @Inject(LogInStart) private readonly starter: LogInStart,
    @Inject(OidcStore) private readonly store: OidcStore,
    @Inject(Identities) private readonly identities: Identities,
    @Inject(AccountsStore) private readonly accounts: AccountsStore,
    @Inject(Credentials) private readonly credentials: Credentials,
    @Inject(ProviderSignUps) private readonly signUps: ProviderSignUps,
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(SessionAnswers) private readonly answers: SessionAnswers,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  async providers(): Promise<ProviderList> {
    return { providers: this.known.list().map(({ key, label }) => ({ key, label })) };
  }

  /** @throws AppError `oidc.provider_not_found` | `oidc.provider_unavailable` */
  start(_: Ctx, { tenantId, tenantSlug, ...input }: StartOidcLogIn): Promise<OidcLogInStarted> {
    const team = { ...(tenantId ? { tenantId } : {}), ...(tenantSlug ? { tenantSlug } : {}) };
    return this.starter.begin(input, { team });
  }

  /**
   * Takes what a provider sent back with the browser. Somebody whom we know gets a session; for others the error says what is
   * missing, and carries the ticket for it.
   * @throws AppError `oidc.provider_not_found` | `oidc.log_in_unknown` | `oidc.rejected` | `oidc.denied` | `oidc.provider_unavailable` |
   *   `oidc.link_required` | `oidc.sign_up_required` | `oidc.email_missing` | `account.not_a_member` |
   *   `tenant.suspended` | `oidc.identity_taken` | `oidc.too_many_identities`
   */
  async complete(ctx: Ctx, input: CompleteOidcLogIn): Promise<OidcCompleted> {
    const { provider: key, handle, ...callback } = input;
    const provider = this.known.get(key);
    const pending = await this.store.takeLogIn(callback.state, handle ?? '');
    if (pending.providerKey !== key)
      throw oidcErrors.log_in_unknown({ internal: `came back at ${key} from ${pending.providerKey}` });
    const checks = { ...pending, state: callback.state };
    const vouched = await this.exchange.redeem(provider, checks, callback);
    if (pending.linkFor)
      return { session: null, identity: await this.linkTo(ctx, pending.linkFor, key, vouched) };
    return { session: await this.logIn(ctx, pending.team, key, vouched), identity: null };
  }

  /**
   * @throws AppError `oidc.ticket_unknown` | `oidc.email_unverified` | `account.email_taken` | `account.slow_down` |
   *   `oidc.identity_taken`
   */
  signUp(ctx: Ctx, input: OidcSignUp): Promise<SessionTokens> {
    return this.signUps.signUp(ctx, input);
  }

  /**
   * Links what a provider vouched for with the account whose password is shown: proof on both sides. Begins a session.
   * @throws AppError `oidc.ticket_unknown` | `account.bad_credentials` | `account.slow_down` | `account.not_a_member` |
   *   `oidc.identity_taken` | `oidc.too_many_identities`
   */
  async link(ctx: Ctx, { ticket, email, password, ...team }: OidcLink): Promise<SessionTokens> {
    await this.store.readTicket(ticket);
    const provenAt = this.clock.now();
    const userId = await this.credentials.prove(email, password, ctx.clientIp);
    const standing = await this.standingOf(userId, team);
    const opened = await this.tenant.run(actingAs(ctx, standing), async (db) => {
      const { providerKey, ...vouched } = await this.store.takeTicket(db, ticket);
      await this.identities.link(db, userId, providerKey, vouched);
      return this.open(db, standing, { client: clientOf(ctx), provenAt });
    });
    return this.answers.of(opened);
  }

  private async logIn(ctx: Ctx, team: Team, key: string, vouched: Vouched): Promise<SessionTokens> {
    const { issuer, subject } = vouched.person;
    const identity = await this.store.findIdentity(issuer, subject);
    if (!identity) throw await this.unknown(key, vouched);
    const standing = await this.standingOf(identity.userId, team);
    const opened = await this.tenant.run(actingAs(ctx, standing), async (db) => {
      await this.identities.use(db, { ...identity, providerKey: key }, vouched);
      return this.open(db, standing, { client: clientOf(ctx) });
    });
    return this.answers.of(opened);
  }

  /**
   * Somebody whom we do not know. An account with the same address is never theirs for that alone: addresses are given away and
   * taken back. That there is one is told only to who proved to the provider that the address is theirs.
   */
  private async unknown(key: string, vouched: Vouched): Promise<AppError> {
    const { email, emailVerified } = vouched.person;
    if (!email) return oidcErrors.email_missing();
    const ticket = await this.store.issueTicket({ ...vouched, providerKey: key });
    const extras = { ticket, email };
    const taken = emailVerified && (await this.accounts.emailTaken(canonicalEmail(email)));
    return taken ? oidcErrors.link_required({ extras }) : oidcErrors.sign_up_required({ extras });
  }

  private linkTo(
    ctx: Ctx,
    { sessionId, ...person }: NonNullable<PendingLogIn['linkFor']>,
    key: string,
    vouched: Vouched,
  ): Promise<LinkedIdentity> {
    return this.tenant.run(actingAs(ctx, person), async (db) => {
      // Whoever ended the session meanwhile did not want this any more.
      const [session] = await db.query(SESSION_BEGAN, [sessionId, person.userId]);
      if (!session) throw oidcErrors.log_in_unknown({ internal: 'the session has ended' });
      return this.identities.get(db, await this.identities.link(db, person.userId, key, vouched));
    });
  }

  private async standingOf(userId: string, team: Team): Promise<Standing> {
    const standing = await this.accounts.standingForLogIn(userId, team);
    if (!standing) throw accountErrors.not_a_member();
    requireOpen(standing);
    return standing;
  }

  private async open(db: TenantDb, standing: Standing, options: OpenOptions): Promise<Opened> {
    const session = await this.sessions.open(db, standing, options);
    await db.execute(TOUCH_LAST_LOG_IN, [standing.userId, this.clock.now()]);
    return { standing, session };
  }
}
