import { AvatarsController } from './avatars.controller.js';
import { IdentitiesController } from './identities.controller.js';
import { InvitationsController } from './invitations.controller.js';
import { ApiKeysController } from './api-keys.controller.js';
import { KeysController } from './keys.controller.js';
import { LinksController } from './links.controller.js';
import { MeController } from './me.controller.js';
import { MembersController } from './members.controller.js';
import { OidcController } from './oidc.controller.js';
import { SessionsController } from './sessions.controller.js';
import { SignUpsController } from './sign-ups.controller.js';
import { TeamsController } from './teams.controller.js';
import { TenantController } from './tenant.controller.js';

export const identityControllers = [
  AvatarsController,
  IdentitiesController,
  InvitationsController,
  ApiKeysController,
  KeysController,
  LinksController,
  MeController,
  MembersController,
  OidcController,
  SessionsController,
  SignUpsController,
  TeamsController,
  TenantController,
];
