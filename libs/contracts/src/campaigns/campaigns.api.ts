import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { Bool, Int, ListOf, OneOf, Text, Timestamp, Uuid } from '../define/fields.js';
import { pageOf, PageRequest, type Page } from '../define/page.js';
import { MAIL_BODY_LENGTH_MAX, SUBJECT_LENGTH_MAX } from './templates.api.js';

export const CAMPAIGN_STATUSES = ['draft', 'active', 'paused', 'completed'] as const;
export type CampaignStatus = (typeof CAMPAIGN_STATUSES)[number];
export const STEP_TYPES = ['email', 'wait'] as const;
export type StepType = (typeof STEP_TYPES)[number];
export const THREADS = ['new', 'reply'] as const;
export type Thread = (typeof THREADS)[number];

export const CAMPAIGN_STEPS_MAX = 50;
const YEAR_SECONDS = 366 * 86_400;

export class CreateCampaign {
  @Text({ min: 1, max: 200 })
  name!: string;

  @Text({ max: 5000, optional: true, nullable: true })
  description?: string | null;

  @Uuid({ optional: true, nullable: true, description: 'The account that sends; needed before the launch.' })
  emailAccountId?: string | null;

  @Timestamp({ optional: true, nullable: true, description: 'Nothing is sent before.' })
  startsAt?: string | null;

  @Timestamp({ optional: true, nullable: true, description: 'Whoever is still under way then is stopped.' })
  endsAt?: string | null;
}

export class UpdateCampaign {
  @Uuid()
  campaignId!: string;

  @Text({ min: 1, max: 200, optional: true })
  name?: string;

  @Text({ max: 5000, optional: true, nullable: true })
  description?: string | null;

  @Uuid({ optional: true, nullable: true, description: 'Can be changed while the campaign is a draft.' })
  emailAccountId?: string | null;

  @Timestamp({ optional: true, nullable: true, description: 'Can be changed while the campaign is a draft.' })
  startsAt?: string | null;

  @Timestamp({ optional: true, nullable: true })
  endsAt?: string | null;
}

export class CampaignRef {
  @Uuid()
  campaignId!: string;
}

export class ListCampaigns extends PageRequest {
  @OneOf(CAMPAIGN_STATUSES, { optional: true })
  status?: CampaignStatus;
}

/** A step as it is written: an `email` has a template or a subject and a body, a `wait` has a duration. */
export class CampaignStepInput {
  @OneOf(STEP_TYPES)
  type!: StepType;

  @Text({ max: 200, optional: true, nullable: true })
  title?: string | null;

  @Text({ max: 2000, optional: true, nullable: true })
  description?: string | null;

  @Uuid({ optional: true, nullable: true, description: 'E-mail: the template to render.' })
  templateId?: string | null;

  @Text({
    min: 1,
    max: SUBJECT_LENGTH_MAX,
    optional: true,
    nullable: true,
    description: 'E-mail without template: Liquid. A reply may leave it out.',
  })
  subject?: string | null;

  @Text({
    min: 1,
    max: MAIL_BODY_LENGTH_MAX,
    optional: true,
    nullable: true,
    description: 'E-mail without template: Liquid, plain text.',
  })
  body?: string | null;

  @OneOf(THREADS, {
    optional: true,
    nullable: true,
    description: 'E-mail: start a thread, or reply in that of the mail before. `new` unless told.',
  })
  thread?: Thread | null;

  @Int({
    min: 0,
    max: YEAR_SECONDS,
    optional: true,
    nullable: true,
    description: 'Wait: seconds.',
    example: 172_800,
  })
  durationSeconds?: number | null;
}

export class ReplaceCampaignSteps {
  @Uuid()
  campaignId!: string;

  @ListOf(() => CampaignStepInput, { items: CAMPAIGN_STEPS_MAX })
  steps!: CampaignStepInput[];
}

export class CampaignStep {
  @Uuid()
  id!: string;

  @Int({ description: 'Position, from 1.' })
  order!: number;

  @OneOf(STEP_TYPES)
  type!: StepType;

  @Text({ max: 200, nullable: true })
  title!: string | null;

  @Text({ max: 2000, nullable: true })
  description!: string | null;

  @Uuid({ nullable: true })
  templateId!: string | null;

  @Text({ max: SUBJECT_LENGTH_MAX, nullable: true })
  subject!: string | null;

  @Text({ max: MAIL_BODY_LENGTH_MAX, nullable: true })
  body!: string | null;

  @OneOf(THREADS, { nullable: true })
  thread!: Thread | null;

  @Int({ nullable: true, description: 'Seconds.' })
  durationSeconds!: number | null;
}

export class CampaignSummary {
  @Uuid()
  id!: string;

  @Text({ max: 200 })
  name!: string;

  @Text({ max: 5000, nullable: true })
  description!: string | null;

  @OneOf(CAMPAIGN_STATUSES)
  status!: CampaignStatus;

  @Text({ max: 40, nullable: true, description: 'Why it is paused: user, insufficient-funds.' })
  pauseReason!: string | null;

  @Uuid({ nullable: true })
  emailAccountId!: string | null;

  @Uuid({ nullable: true })
  createdByUserId!: string | null;

  @Timestamp({ nullable: true })
  startsAt!: string | null;

  @Timestamp({ nullable: true })
  endsAt!: string | null;

  @Timestamp({ nullable: true })
  launchedAt!: string | null;

  @Timestamp({ nullable: true })
  completedAt!: string | null;

  @Timestamp()
  createdAt!: string;

  @Timestamp()
  updatedAt!: string;
}

export class Campaign extends CampaignSummary {
  @ListOf(() => CampaignStep, { items: CAMPAIGN_STEPS_MAX })
  steps!: CampaignStep[];
}

export class LaunchFinding {
  @Text({ max: 60, description: 'Stable code, e.g. `no_steps`.' })
  code!: string;

  @Text({ max: 500 })
  detail!: string;

  @Uuid({ nullable: true, description: 'The step that it is about.' })
  stepId!: string | null;
}

export class LaunchCheck {
  @Bool({ description: 'Whether `launch` would succeed: there is no blocker.' })
  ready!: boolean;

  @ListOf(() => LaunchFinding)
  blockers!: LaunchFinding[];

  @ListOf(() => LaunchFinding)
  warnings!: LaunchFinding[];

  @Int()
  enrolled!: number;
}

export class CampaignStats {
  @Int({ description: 'Leads that were ever enrolled.' })
  enrolled!: number;

  @Int({ description: 'Not started: the campaign is a draft.' })
  pending!: number;

  @Int({ description: 'Under way; those who wait are among them.' })
  active!: number;

  @Int({ description: 'Under way, with the next step in the future.' })
  waiting!: number;

  @Int({ description: 'Ended: completed, failed or stopped.' })
  ended!: number;

  @Int()
  completed!: number;

  @Int({ description: 'Ended by a mail that could not be rendered or was refused for good.' })
  failed!: number;

  @Int({ description: 'Ended because the lead was deleted or archived, or the campaign was over.' })
  stopped!: number;

  @Int({ description: 'Mails that a server took.' })
  sent!: number;

  @Int({ description: 'Of `sent`: the server vanished before it confirmed; counted as sent.' })
  unconfirmed!: number;

  @Int({ description: 'Mails being sent or waiting for another try.' })
  sending!: number;

  @Int({ description: 'Mails that were refused for good.' })
  refused!: number;
}

export interface CampaignsApi {
  create(ctx: Ctx, input: CreateCampaign): Promise<Campaign>;
  get(ctx: Ctx, input: CampaignRef): Promise<Campaign>;
  list(ctx: Ctx, input: ListCampaigns): Promise<Page<CampaignSummary>>;
  update(ctx: Ctx, input: UpdateCampaign): Promise<Campaign>;
  remove(ctx: Ctx, input: CampaignRef): Promise<void>;
  replaceSteps(ctx: Ctx, input: ReplaceCampaignSteps): Promise<Campaign>;
  check(ctx: Ctx, input: CampaignRef): Promise<LaunchCheck>;
  launch(ctx: Ctx, input: CampaignRef): Promise<Campaign>;
  pause(ctx: Ctx, input: CampaignRef): Promise<Campaign>;
  resume(ctx: Ctx, input: CampaignRef): Promise<Campaign>;
  stats(ctx: Ctx, input: CampaignRef): Promise<CampaignStats>;
}
export const campaignsApi = defineApi<CampaignsApi>('campaigns.campaigns', {
  create: { input: CreateCampaign, output: Campaign, can: 'campaigns.write' },
  get: { input: CampaignRef, output: Campaign, can: 'campaigns.read', idempotent: true },
  list: { input: ListCampaigns, output: pageOf(CampaignSummary), can: 'campaigns.read', idempotent: true },
  update: { input: UpdateCampaign, output: Campaign, can: 'campaigns.write' },
  remove: { input: CampaignRef, can: 'campaigns.write' },
  replaceSteps: { input: ReplaceCampaignSteps, output: Campaign, can: 'campaigns.write' },
  check: { input: CampaignRef, output: LaunchCheck, can: 'campaigns.read', idempotent: true },
  launch: { input: CampaignRef, output: Campaign, can: 'campaigns.launch' },
  pause: { input: CampaignRef, output: Campaign, can: 'campaigns.launch' },
  resume: { input: CampaignRef, output: Campaign, can: 'campaigns.launch' },
  stats: { input: CampaignRef, output: CampaignStats, can: 'campaigns.read', idempotent: true },
});
