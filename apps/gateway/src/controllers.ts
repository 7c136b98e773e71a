import type { Type } from '@nestjs/common';
import { billingControllers } from './billing/index.js';
import { campaignsControllers } from './campaigns/index.js';
import { EventStreamController } from './events/event-stream.controller.js';
import { identityControllers } from './identity/index.js';
import { leadsControllers } from './leads/index.js';

/** Everything that is offered below `/v1`; each route of theirs carries an `@Endpoint`. */
export const apiControllers: Type[] = [
  ...identityControllers,
  ...leadsControllers,
  ...campaignsControllers,
  ...billingControllers,
  EventStreamController,
];
