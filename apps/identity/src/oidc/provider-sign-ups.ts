import { Inject, Injectable } from '@nestjs/common';
import { oidcErrors, type OidcSignUp, type SessionTokens } from '@leadwire/contracts';
import { newId, type Ctx } from '@leadwire/kernel';
import { isUniqueViolation, TenantTransaction } from '@leadwire/persistence';
import { CONFIG } from '@leadwire/platform';
import { actingAs } from '../accounts/acting-as.js';
import { canonicalEmail } from '../accounts/canonical-email.js';
import { NewTeams, type NewOwner } from '../accounts/new-teams.js';
import { TakenAddresses } from '../accounts/taken-addresses.js';
import { limits } from '../guessing/limits.js';
import { Throttles } from '../guessing/throttles.js';
import type { IdentityConfig } from '../identity.config.js';
import { SessionAnswers } from '../sessions/session-answers.js';
import { clientOf } from '../sessions/session-client.js';
import { Sessions } from '../sessions/sessions.js';
import { Identities } from './identities.js';
import { OidcStore } from './oidc-store.js';
import type { Vouched } from './provider-exchange.js';

/** Teams of people whom a provider vouches for. */
@Injectable()
export class ProviderSignUps {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<IdentityConfig, 'SIGN_UP_AT_ONCE'>,
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(OidcStore) private readonly store: OidcStore,
    @Inject(Identities) private readonly identities: Identities,
    @Inject(NewTeams) private readonly teams: NewTeams,
    @Inject(TakenAddresses) private readonly taken: TakenAddresses,
    @Inject(Throttles) private readonly throttles: Throttles,
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(SessionAnswers) private readonly answers: SessionAnswers,
  ) {}

  /**
   * Makes a team and its owner's account without a password. The ticket is used up only if all of it succeeds. That an address has an
   * account is said to who proved to the provider that it is theirs; to others only where sign-up at once says it anyway.
   * @throws AppError `oidc.ticket_unknown` | `oidc.email_unverified` | `account.email_taken` | `account.slow_down` |
   *   `oidc.identity_taken`
   */
  async signUp(ctx: Ctx, { ticket, tenantName, ...names }: OidcSignUp): Promise<SessionTokens> {
    await this.throttles.claim(...limits.signUps(ctx.clientIp));
    const vouched = await this.store.readTicket(ticket);
    const owner = ownerOf(vouched, names);
    if (!owner.emailVerified && !this.config.SIGN_UP_AT_ONCE) throw oidcErrors.email_unverified();
    const ids = { tenantId: newId(), userId: owner.userId };
    const opened = await this.tenant
      .run(actingAs(ctx, ids), async (db) => {
        await this.store.takeTicket(db, ticket);
        const standing = await this.teams.create(db, tenantName, owner);
        await this.identities.add(db, owner.userId, vouched.providerKey, vouched);
        return { standing, session: await this.sessions.open(db, standing, { client: clientOf(ctx) }) };
      })
      .catch(async (error: unknown) => {
        throw isUniqueViolation(error, 'users_email_key') ? await this.taken.refusalOf(owner.email) : error;
      });
    return this.answers.of(opened);
  }
}

function ownerOf({ person }: Vouched, names: { firstName?: string; lastName?: string }): NewOwner {
  const { email, emailVerified } = person;
  // A ticket is only issued with an address.
  if (!email) throw oidcErrors.email_missing();
  const firstName = names.firstName ?? person.firstName;
  const lastName = names.lastName ?? person.lastName;
  return {
    userId: newId(),
    email: canonicalEmail(email),
    emailVerified,
    passwordHash: null,
    ...(firstName ? { firstName } : {}),
    ...(lastName ? { lastName } : {}),
  };
}
