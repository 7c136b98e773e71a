import { Module, type DynamicModule } from '@nestjs/common';
import { ServiceModule, type ServiceRuntime } from '@leadwire/platform';
import { AccountsService } from './accounts/accounts.service.js';
import { AccountsStore } from './accounts/accounts.store.js';
import { Credentials } from './accounts/credentials.js';
import { NewTeams } from './accounts/new-teams.js';
import { Passwords } from './accounts/passwords.js';
import { ReAuthentication } from './accounts/re-authentication.js';
import { identityConfig, type IdentityConfig } from './identity.config.js';
import { KeysService } from './keys/keys.service.js';
import { SigningKeys } from './keys/signing-keys.js';
import { MembersService } from './members/members.service.js';
import { Memberships } from './members/memberships.js';
import { SessionAnswers } from './sessions/session-answers.js';
import { Sessions } from './sessions/sessions.js';
import { TeamsService } from './tenants/teams.service.js';
import { TenantsService } from './tenants/tenants.service.js';

@Module({})
class IdentityModule {
  static forRoot(runtime: ServiceRuntime<IdentityConfig>): DynamicModule {
    return {
      module: IdentityModule,
      imports: [ServiceModule.forRoot(runtime, [])],
      controllers: [AccountsService, KeysService, MembersService, TeamsService, TenantsService],
      providers: [
        AccountsStore,
        Credentials,
        Memberships,
        NewTeams,
        Passwords,
        ReAuthentication,
        SessionAnswers,
        Sessions,
        SigningKeys,
      ],
    };
  }
}

export const identityService = {
  name: 'identity',
  config: identityConfig,
  module: (runtime: ServiceRuntime<IdentityConfig>) => IdentityModule.forRoot(runtime),
};
