import { ApiKeysController } from './api-keys.controller.js';
import { AvatarsController } from './avatars.controller.js';
import { EntitlementsController } from './entitlements.controller.js';
import { FeaturesController } from './features.controller.js';
import { FlagsController } from './flags.controller.js';
import { IdentitiesController } from './identities.controller.js';
import { InvitationsController } from './invitations.controller.js';
import { KeysController } from './keys.controller.js';
import { LinksController } from './links.controller.js';
import { MeController } from './me.controller.js';
import { MemberRightsController } from './member-rights.controller.js';
import { MembersController } from './members.controller.js';
import { OidcRedirectController } from './oidc-redirect.controller.js';
import { OidcController } from './oidc.controller.js';
import { SessionsController } from './sessions.controller.js';
import { SignUpLinksController } from './sign-up-links.controller.js';
import { SignUpsController } from './sign-ups.controller.js';
import { TeamsController } from './teams.controller.js';
import { TenantController } from './tenant.controller.js';

export const identityControllers = [
  AvatarsController,
  EntitlementsController,
  FeaturesController,
  FlagsController,
  IdentitiesController,
  InvitationsController,
  ApiKeysController,
  KeysController,
  LinksController,
  MeController,
  MemberRightsController,
  MembersController,
  OidcController,
  OidcRedirectController,
  SessionsController,
  SignUpLinksController,
  SignUpsController,
  TeamsController,
  TenantController,
];
