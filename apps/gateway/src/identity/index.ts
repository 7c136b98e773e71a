import { KeysController } from './keys.controller.js';
import { MeController } from './me.controller.js';
import { MembersController } from './members.controller.js';
import { SessionsController } from './sessions.controller.js';
import { SignUpsController } from './sign-ups.controller.js';
import { TeamsController } from './teams.controller.js';
import { TenantController } from './tenant.controller.js';

export const identityControllers = [
  KeysController,
  MeController,
  MembersController,
  SessionsController,
  SignUpsController,
  TeamsController,
  TenantController,
];
