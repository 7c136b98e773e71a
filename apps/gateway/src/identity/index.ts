import { KeysController } from './keys.controller.js';
import { MeController } from './me.controller.js';
import { SessionsController } from './sessions.controller.js';
import { SignUpsController } from './sign-ups.controller.js';
import { TenantController } from './tenant.controller.js';

export const identityControllers = [
  KeysController,
  MeController,
  SessionsController,
  SignUpsController,
  TenantController,
];
