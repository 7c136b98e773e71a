import { Module, type DynamicModule } from '@nestjs/common';
import {
  ServiceModule,
  tenantErasure,
  type ServiceDefinition,
  type ServiceRuntime,
} from '@leadwire/platform';
import { ErasureConsumer } from './erasure/erasure.consumer.js';
import { StoredFiles } from './erasure/stored-files.js';
import { LeadImportEntity } from './imports/lead-import.entity.js';
import { LeadImportsModule } from './imports/imports.module.js';
import { leadsConfig, type LeadsConfig } from './leads.config.js';
import { LeadNoteEntity } from './notes/note.entity.js';
import { NotesService } from './notes/notes.service.js';
import { Assignees } from './pipeline/assignees.js';
import { LeadEntity } from './pipeline/lead.entity.js';
import { LeadsService } from './pipeline/leads.service.js';
import { ProvisioningConsumer } from './pipeline/provisioning.consumer.js';
import { SelectionService } from './pipeline/selection.service.js';
import { StagesService } from './pipeline/stages.service.js';
import { StatusesService } from './pipeline/statuses.service.js';
import { TimelineConsumer } from './timeline/timeline.consumer.js';
import { TimelineService } from './timeline/timeline.service.js';

/** The pipeline of a team: leads, stages, notes, timeline. */
@Module({})
export class LeadsModule {
  static forRoot(runtime: ServiceRuntime<LeadsConfig>): DynamicModule {
    return {
      module: LeadsModule,
      imports: [
        ServiceModule.forRoot(runtime, [LeadEntity, LeadNoteEntity, LeadImportEntity]),
        LeadImportsModule,
      ],
      controllers: [
        LeadsService,
        SelectionService,
        StagesService,
        StatusesService,
        NotesService,
        TimelineService,
        ProvisioningConsumer,
        TimelineConsumer,
        ErasureConsumer,
      ],
      providers: [Assignees, ...tenantErasure(StoredFiles)],
    };
  }
}

export const leadsService: ServiceDefinition<typeof leadsConfig> = {
  name: 'leads',
  config: leadsConfig,
  module: (runtime) => LeadsModule.forRoot(runtime),
};
