import type { Type } from '@nestjs/common';
import { CampaignsController } from './campaigns.controller.js';
import { EmailAccountsController } from './email-accounts.controller.js';
import { CampaignEnrolmentsController } from './enrolments.controller.js';
import { TemplatesController } from './templates.controller.js';

export const campaignsControllers: Type[] = [
  EmailAccountsController,
  TemplatesController,
  CampaignsController,
  CampaignEnrolmentsController,
];
