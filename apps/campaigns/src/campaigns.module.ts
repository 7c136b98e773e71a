import { Module, type DynamicModule } from '@nestjs/common';
import {
  ServiceModule,
  tenantErasure,
  type ServiceDefinition,
  type ServiceRuntime,
} from '@leadwire/platform';
import { DataKeys } from './accounts/data-keys.js';
import { EmailAccountEntity } from './accounts/email-account.entity.js';
import { EmailAccountsService } from './accounts/email-accounts.service.js';
import { campaignsConfig, type CampaignsConfig } from './campaigns.config.js';
import { CampaignEnds } from './campaigns/campaign-ends.js';
import { CampaignEntity } from './campaigns/campaign.entity.js';
import { CampaignsService } from './campaigns/campaigns.service.js';
import { LaunchChecks } from './campaigns/launch-check.js';
import { EnrolledLeads } from './enrolments/enrolled-leads.js';
import { EnrolmentsService } from './enrolments/enrolments.service.js';
import { LeadSnapshotsConsumer } from './enrolments/lead-snapshots.consumer.js';
import { ErasureConsumer } from './erasure/erasure.consumer.js';
import { LaunchersConsumer } from './campaigns/launchers.consumer.js';
import { FundsConsumer } from './funds/funds.consumer.js';
import { Claims } from './sending/claims.js';
import { Completions } from './sending/completions.js';
import { DueTenants } from './sending/due-tenants.js';
import { HaltedTenants } from './sending/halted-tenants.js';
import { Leases } from './sending/leases.js';
import { MailSender } from './sending/mail-sender.js';
import { Recovery } from './sending/recovery.js';
import { Schedule } from './sending/schedule.js';
import { Scheduler } from './sending/scheduler.js';
import { StoppedCampaigns } from './sending/stopped-campaigns.js';
import { TenantStandingConsumer } from './sending/tenant-standing.consumer.js';
import { TemplateEntity } from './templates/template.entity.js';
import { TemplatesService } from './templates/templates.service.js';

/** Sequences, templates, accounts, and the sender that brings every mail out exactly once. */
@Module({})
export class CampaignsModule {
  static forRoot(runtime: ServiceRuntime<CampaignsConfig>): DynamicModule {
    return {
      module: CampaignsModule,
      imports: [ServiceModule.forRoot(runtime, [EmailAccountEntity, TemplateEntity, CampaignEntity])],
      controllers: [
        EmailAccountsService,
        TemplatesService,
        CampaignsService,
        EnrolmentsService,
        LeadSnapshotsConsumer,
        FundsConsumer,
        LaunchersConsumer,
        TenantStandingConsumer,
        ErasureConsumer,
      ],
      providers: [
        DataKeys,
        LaunchChecks,
        CampaignEnds,
        Schedule,
        Leases,
        Completions,
        Claims,
        MailSender,
        Recovery,
        DueTenants,
        Scheduler,
        EnrolledLeads,
        HaltedTenants,
        StoppedCampaigns,
        ...tenantErasure(),
      ],
    };
  }
}

export const campaignsService = {
  name: 'campaigns',
  config: campaignsConfig,
  module: (runtime: ServiceRuntime<CampaignsConfig>) => CampaignsModule.forRoot(runtime),
} satisfies ServiceDefinition<typeof campaignsConfig>;
