import { Inject } from '@nestjs/common';
import {
  identitiesApi,
  oidcErrors,
  type EndIdentityLink,
  type IdentitiesApi,
  type IdentityRef,
  type LinkedIdentities,
  type Nothing,
  type OidcLogInStarted,
  type StartIdentityLink,
} from '@leadwire/contracts';
import { Clock, requestErrors, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { TenantTransaction } from '@leadwire/persistence';
import { LOGGER, type Logger } from '@leadwire/platform';
import { ReAuthentication, requirePerson } from '../accounts/re-authentication.js';
import { withoutMemory } from '../accounts/without-memory.js';
import { Identities, type IdentityRow, type Unlinked } from './identities.js';
import { LogInStart } from './log-in-start.js';
import { LIST_IDENTITIES, SESSION_BEGAN } from './oidc.queries.js';
import { OidcProviders } from './oidc-providers.js';
import { ProviderExchange } from './provider-exchange.js';
import { shortOf } from './provider-failure.js';

/** How long after the log-in nobody is asked for their password again. */
const FRESH_SESSION_MS = 600_000;

/** The caller's own ways to log in with providers. */
@Serves(identitiesApi)
export class IdentitiesService implements IdentitiesApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(Identities) private readonly identities: Identities,
    @Inject(LogInStart) private readonly starter: LogInStart,
    @Inject(ReAuthentication) private readonly reAuthentication: ReAuthentication,
    @Inject(OidcProviders) private readonly providers: OidcProviders,
    @Inject(ProviderExchange) private readonly exchange: ProviderExchange,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async list(ctx: Ctx, _: Nothing): Promise<LinkedIdentities> {
    const { userId } = requireSession(ctx);
    const rows = await this.tenant.read<IdentityRow>(ctx, LIST_IDENTITIES, [userId], 'identity-identities');
    return { identities: rows.map((row) => this.identities.view(row)) };
  }

  /**
   * Begins linking; the callback completes it. Both sides are proven: this account here, the provider's there.
   * @throws AppError `oidc.reauthentication_required` | `oidc.provider_not_found` | `oidc.provider_unavailable` |
   *   `reauthentication.failed` | `account.slow_down`
   */
  async startLink(ctx: Ctx, { password, ...input }: StartIdentityLink): Promise<OidcLogInStarted> {
    const { tenantId, userId, sessionId } = requireSession(ctx);
    await this.requireProof(ctx, password);
    return this.starter.begin(input, { team: {}, linkFor: { tenantId, userId, sessionId } });
  }

  /**
   * @throws AppError `oidc.reauthentication_required` | `oidc.identity_not_found` (also somebody else's) | `oidc.last_way_in`
   */
  unlink(ctx: Ctx, { identityId }: IdentityRef): Promise<void> {
    return this.endLink(ctx, { identityId });
  }

  /**
   * The same for whoever logged in too long ago and shows their password.
   * @throws AppError what {@link unlink} throws | `reauthentication.failed` | `account.slow_down`
   */
  async endLink(ctx: Ctx, { identityId, password }: EndIdentityLink): Promise<void> {
    const { userId } = requireSession(ctx);
    await this.requireProof(ctx, password);
    const unlinked = await this.tenant.run(withoutMemory(ctx), (db) =>
      this.identities.unlink(db, userId, identityId),
    );
    await this.giveBack(unlinked);
  }

  // The identity is gone either way: a provider that cannot be reached keeps tokens that nobody has any more.
  private async giveBack({ providerKey, tokens }: Unlinked): Promise<void> {
    const provider = this.providers.find(providerKey);
    if (!provider) return;
    for (const token of tokens)
      await this.exchange
        .revoke(provider, token)
        .catch((error: unknown) =>
          this.logger.info({ provider: providerKey, reason: shortOf(error) }, 'a token was not revoked'),
        );
  }

  private async requireProof(ctx: Ctx, password: string | undefined): Promise<void> {
    if (password === undefined) await this.requireFreshSession(ctx);
    else await this.reAuthentication.confirm(ctx, password);
  }

  private async requireFreshSession(ctx: Ctx): Promise<void> {
    const { sessionId, userId } = requireSession(ctx);
    const [session] = await this.tenant.read<{ beganAt: Date }>(ctx, SESSION_BEGAN, [sessionId, userId]);
    const age = this.clock.now().getTime() - (session?.beganAt.getTime() ?? -Infinity);
    if (!(age <= FRESH_SESSION_MS)) throw oidcErrors.reauthentication_required();
  }
}

/** An API key acts for a person, but may not decide how that person logs in. */
function requireSession(ctx: Ctx): { tenantId: string; userId: string; sessionId: string } {
  const { tenantId, userId } = requirePerson(ctx);
  if (!ctx.sessionId)
    throw requestErrors.forbidden({ internal: 'only for a person in a session of their own' });
  return { tenantId, userId, sessionId: ctx.sessionId };
}
