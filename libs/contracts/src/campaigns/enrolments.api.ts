import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { Bool, Email, Int, Nested, OneOf, Text, Timestamp, Uuid, UuidList } from '../define/fields.js';
import { pageOf, PageRequest, type Page } from '../define/page.js';
import { LeadFilter } from '../leads/lead-filter.js';

export const ENROLMENT_STATUSES = ['pending', 'active', 'completed', 'failed', 'stopped'] as const;
export type EnrolmentStatus = (typeof ENROLMENT_STATUSES)[number];
export const ACTIVITY_STATUSES = ['sending', 'deferred', 'sent', 'failed'] as const;
export type ActivityStatus = (typeof ACTIVITY_STATUSES)[number];

/** Enrols the leads that a filter means and that have an e-mail address; each lead once per campaign. */
export class EnrolLeads {
  @Uuid()
  campaignId!: string;

  @Nested(() => LeadFilter, { optional: true, description: 'Every lead that is not archived unless told.' })
  filter?: LeadFilter;

  @UuidList({ optional: true, items: 1000, description: 'Only these, of those that the filter means.' })
  leadIds?: string[];

  @Text({
    max: 1024,
    optional: true,
    description: 'The `cursor` of an answer that was not complete, with the same filter.',
  })
  cursor?: string;
}

export class ListEnrolments extends PageRequest {
  @Uuid()
  campaignId!: string;

  @OneOf(ENROLMENT_STATUSES, { optional: true })
  status?: EnrolmentStatus;
}

export class Enrolment {
  @Uuid()
  id!: string;

  @Uuid()
  campaignId!: string;

  @Uuid()
  leadId!: string;

  @Text({ max: 100, nullable: true })
  firstName!: string | null;

  @Text({ max: 100, nullable: true })
  lastName!: string | null;

  @Email({ nullable: true })
  email!: string | null;

  @Text({ max: 200, nullable: true })
  companyName!: string | null;

  @OneOf(ENROLMENT_STATUSES)
  status!: EnrolmentStatus;

  @Text({ max: 500, nullable: true, description: 'Why it failed or was stopped.' })
  endReason!: string | null;

  @Int({ description: 'The step that comes next, or that it ended at.' })
  currentStepOrder!: number;

  @Timestamp({
    nullable: true,
    description: 'When the next step is due; null while a mail is under way and after the end.',
  })
  nextRunAt!: string | null;

  @Timestamp({ nullable: true })
  startedAt!: string | null;

  @Timestamp({ nullable: true })
  completedAt!: string | null;

  @Timestamp()
  createdAt!: string;
}

export class ListActivities extends PageRequest {
  @Uuid()
  campaignId!: string;

  @Uuid({ optional: true, description: 'Only those of one enrolment.' })
  enrolmentId?: string;

  @OneOf(ACTIVITY_STATUSES, { optional: true })
  status?: ActivityStatus;
}

export class CampaignActivity {
  @Uuid()
  id!: string;

  @Uuid()
  enrolmentId!: string;

  @Uuid()
  leadId!: string;

  @Uuid()
  stepId!: string;

  @Text({ max: 20 })
  channel!: string;

  @OneOf(ACTIVITY_STATUSES)
  status!: ActivityStatus;

  @Email()
  to!: string;

  @Text({ max: 1000 })
  subject!: string;

  @Text({ max: 200_000 })
  body!: string;

  @Text({ max: 320 })
  messageId!: string;

  @Int({ description: 'Tries that a server answered.' })
  attempts!: number;

  @Bool({
    description: 'False when the server vanished before it confirmed and the mail was counted as sent.',
  })
  confirmed!: boolean;

  @Text({ max: 500, nullable: true })
  error!: string | null;

  @Timestamp({ nullable: true, description: 'When the server took it.' })
  executedAt!: string | null;

  @Timestamp()
  createdAt!: string;
}

export class EnrolmentResult {
  @Int({ description: 'Leads newly enrolled by this request.' })
  enrolled!: number;

  @Int({ description: 'Leads that were enrolled in this campaign before.' })
  alreadyEnrolled!: number;

  @Bool({ description: 'False when time ran out: send the same request with `cursor` to go on.' })
  complete!: boolean;

  @Text({ max: 1024, nullable: true })
  cursor!: string | null;
}

export interface EnrolmentsApi {
  enrol(ctx: Ctx, input: EnrolLeads): Promise<EnrolmentResult>;
  list(ctx: Ctx, input: ListEnrolments): Promise<Page<Enrolment>>;
  activities(ctx: Ctx, input: ListActivities): Promise<Page<CampaignActivity>>;
}
export const enrolmentsApi = defineApi<EnrolmentsApi>('campaigns.enrolments', {
  enrol: { input: EnrolLeads, output: EnrolmentResult, can: 'campaigns.write' },
  list: { input: ListEnrolments, output: pageOf(Enrolment), can: 'campaigns.read', idempotent: true },
  activities: {
    input: ListActivities,
    output: pageOf(CampaignActivity),
    can: 'campaigns.read',
    idempotent: true,
  },
});
