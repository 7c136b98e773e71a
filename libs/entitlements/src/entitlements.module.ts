import { Module, type DynamicModule } from '@nestjs/common';
import { EntitlementSnapshots } from './entitlement-snapshots.js';
import { Entitlements } from './entitlements.js';
import { LeadwireFlagProvider } from './open-feature/flag-provider.js';
import { TeamMembers } from './team-members.js';

const PROVIDERS = [EntitlementSnapshots, Entitlements, LeadwireFlagProvider, TeamMembers];

/** Local answers about rights, features and flags; needs the broker's connection, the typed clients and the clock of a process. */
@Module({})
export class EntitlementsModule {
  static forRoot(): DynamicModule {
    return { module: EntitlementsModule, global: true, providers: PROVIDERS, exports: PROVIDERS };
  }
}
