import { Module, type DynamicModule } from '@nestjs/common';
import { ServiceModule, type ServiceDefinition, type ServiceRuntime } from '@leadwire/platform';
import { leadsConfig, type LeadsConfig } from './leads.config.js';
import { LeadEntity } from './pipeline/lead.entity.js';

/** The pipeline of a team: leads, stages, notes, timeline. */
@Module({})
export class LeadsModule {
  static forRoot(runtime: ServiceRuntime<LeadsConfig>): DynamicModule {
    return {
      module: LeadsModule,
      imports: [ServiceModule.forRoot(runtime, [LeadEntity])],
      controllers: [],
    };
  }
}

export const leadsService: ServiceDefinition<typeof leadsConfig> = {
  name: 'leads',
  config: leadsConfig,
  module: (runtime) => LeadsModule.forRoot(runtime),
};
