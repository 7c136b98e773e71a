import type { Type } from '@nestjs/common';
import { LeadImportsController } from './imports.controller.js';
import { LeadsController } from './leads.controller.js';
import { LeadNotesController } from './notes.controller.js';
import { LeadStagesController } from './stages.controller.js';
import { LeadStatusesController } from './statuses.controller.js';
import { LeadTimelineController } from './timeline.controller.js';

export const leadsControllers: Type[] = [
  LeadsController,
  LeadNotesController,
  LeadTimelineController,
  LeadStagesController,
  LeadStatusesController,
  LeadImportsController,
];
