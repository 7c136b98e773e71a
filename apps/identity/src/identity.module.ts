import { Module, type DynamicModule } from '@nestjs/common';
import {
  FileObjectStorage,
  ObjectStorage,
  ServiceModule,
  tenantErasure,
  type ServiceRuntime,
} from '@leadwire/platform';
import { accountControllers, accountProviders } from './accounts/account-parts.js';
import { apiKeysFeature } from './api-keys/api-keys.feature.js';
import { deliveryProviders } from './delivery/providers.js';
import { ClosedTenants } from './closing/closed-tenants.js';
import { ClosingService } from './closing/closing.service.js';
import { ErasedPeople } from './closing/erased-people.js';
import { IdentityRemains } from './closing/identity-remains.js';
import { identityConfig, type IdentityConfig } from './identity.config.js';
import { InvitationMails } from './invitations/invitation-mails.js';
import { InvitationsService } from './invitations/invitations.service.js';
import { InviteesService } from './invitations/invitees.service.js';
import { KeyRing } from './keys/key-ring.js';
import { KeysService } from './keys/keys.service.js';
import { SigningKeys } from './keys/signing-keys.js';
import { MemberChecksService } from './members/member-checks.service.js';
import { MembersService } from './members/members.service.js';
import { Memberships } from './members/memberships.js';
import { BillingNotices } from './notices/billing-notices.consumer.js';
import { TeamMails } from './notices/team-mails.js';
import { OperatorsService } from './operators/operators.service.js';
import { Suspensions } from './operators/suspensions.js';
import { EntitlementsService } from './rights/entitlements.service.js';
import { FeaturesService } from './rights/features.service.js';
import { FlagsService } from './rights/flags.service.js';
import { MemberRightsService } from './rights/member-rights.service.js';
import { OperatorRightsService } from './rights/operator-rights.service.js';
import { RightsConsumer } from './rights/rights.consumer.js';
import { SnapshotKeeper } from './rights/snapshot-keeper.js';
import { Snapshots } from './rights/snapshots.js';
import { LastAnswers } from './sessions/last-answer.js';
import { Renewals } from './sessions/renewals.js';
import { SessionAnnouncements } from './sessions/session-announcements.js';
import { IdentitiesService } from './oidc/identities.service.js';
import { OidcService } from './oidc/oidc.service.js';
import { oidcParts } from './oidc/oidc-parts.js';
import { SessionAnswers } from './sessions/session-answers.js';
import { SessionsService } from './sessions/sessions.service.js';
import { Sessions } from './sessions/sessions.js';
import { Standings } from './sessions/standings.js';
import { TeamsService } from './tenants/teams.service.js';
import { TenantsService } from './tenants/tenants.service.js';

const RIGHTS = {
  controllers: [
    EntitlementsService,
    FeaturesService,
    FlagsService,
    MemberRightsService,
    OperatorRightsService,
    RightsConsumer,
  ],
  providers: [SnapshotKeeper, Snapshots],
};

@Module({})
class IdentityModule {
  static forRoot(runtime: ServiceRuntime<IdentityConfig>): DynamicModule {
    return {
      module: IdentityModule,
      imports: [ServiceModule.forRoot(runtime, [])],
      controllers: [
        ...accountControllers,
        ...apiKeysFeature.controllers,
        BillingNotices,
        IdentitiesService,
        ClosingService,
        InvitationsService,
        InviteesService,
        KeysService,
        MemberChecksService,
        MembersService,
        OidcService,
        OperatorsService,
        SessionsService,
        TeamsService,
        TenantsService,
        ...RIGHTS.controllers,
      ],
      providers: [
        ...accountProviders,
        ...apiKeysFeature.providers,
        ...deliveryProviders,
        ...oidcParts,
        { provide: ObjectStorage, useValue: new FileObjectStorage(runtime.config.OBJECT_STORAGE_DIR) },
        ClosedTenants,
        ErasedPeople,
        ...tenantErasure(IdentityRemains),
        InvitationMails,
        Memberships,
        KeyRing,
        SigningKeys,
        Suspensions,
        TeamMails,
        ...RIGHTS.providers,
        ...[LastAnswers, Renewals, SessionAnnouncements, SessionAnswers, Sessions, Standings],
      ],
    };
  }
}

export const identityService = {
  name: 'identity',
  config: identityConfig,
  module: (runtime: ServiceRuntime<IdentityConfig>) => IdentityModule.forRoot(runtime),
};
