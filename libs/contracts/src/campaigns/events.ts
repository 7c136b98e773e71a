import { defineEvent } from '../define/event.js';
import { Email, Int, Text, Timestamp, Uuid } from '../define/fields.js';

class CampaignMoment {
  @Text({ max: 200 })
  name!: string;
}
export class CampaignLaunchedData extends CampaignMoment {
  @Int({ min: 0 })
  enrolled!: number;
}
export const CampaignLaunched = defineEvent(
  'campaigns.campaign.launched',
  CampaignLaunchedData,
  'A campaign has begun to act.',
);

export class CampaignPausedData extends CampaignMoment {
  @Text({ max: 40, description: 'user, insufficient-funds, account-broken, launcher-suspended' })
  reason!: string;
}
export const CampaignPaused = defineEvent(
  'campaigns.campaign.paused',
  CampaignPausedData,
  'A campaign stopped acting and can be resumed.',
);

export class CampaignResumedData extends CampaignMoment {
  @Text({ max: 40, description: 'user, funds-available' })
  reason!: string;
}
export const CampaignResumed = defineEvent(
  'campaigns.campaign.resumed',
  CampaignResumedData,
  'A paused campaign acts again.',
);

export class CampaignCompletedData extends CampaignMoment {}
export const CampaignCompleted = defineEvent(
  'campaigns.campaign.completed',
  CampaignCompletedData,
  'Every enrolment of a campaign has ended.',
);

class StepOfEnrolment {
  @Uuid()
  campaignId!: string;

  @Uuid({ description: 'The enrolment (campaign_leads).' })
  enrolmentId!: string;

  @Uuid()
  leadId!: string;
}

export class EmailSentData extends StepOfEnrolment {
  @Uuid()
  stepId!: string;

  @Uuid({ description: 'campaign_lead_activities; one per mail, for ever.' })
  activityId!: string;

  @Uuid()
  emailAccountId!: string;

  @Uuid({ nullable: true, description: 'Who launched the campaign.' })
  launchedByUserId!: string | null;

  @Email()
  to!: string;

  @Text({ max: 1000 })
  subject!: string;

  @Text({ max: 320 })
  messageId!: string;

  @Timestamp()
  sentAt!: string;
}
/** Aggregate: the enrolment. The fact that billing charges and that the lead's timeline shows. */
export const EmailSent = defineEvent(
  'campaigns.email.sent',
  EmailSentData,
  'A mail was accepted by the mail server of its account.',
);

export class EmailFailedData extends StepOfEnrolment {
  @Uuid()
  stepId!: string;

  @Uuid()
  activityId!: string;

  @Text({ max: 500 })
  reason!: string;
}
export const EmailFailed = defineEvent(
  'campaigns.email.failed',
  EmailFailedData,
  'A mail was refused for good; its enrolment ended.',
);

export class EnrolmentEndedData {
  @Uuid()
  campaignId!: string;

  @Uuid()
  leadId!: string;

  @Text({ max: 40, description: 'completed, failed, stopped, lead-deleted' })
  outcome!: string;

  @Text({ max: 500, nullable: true })
  reason!: string | null;
}
export const EnrolmentEnded = defineEvent(
  'campaigns.enrolment.ended',
  EnrolmentEndedData,
  'A lead has left a campaign.',
);

export class EmailAccountPausedData {
  @Text({ max: 500 })
  reason!: string;
}
export const EmailAccountPaused = defineEvent(
  'campaigns.email-account.paused',
  EmailAccountPausedData,
  'A mail account no longer works; nothing is sent through it until somebody mends it.',
);
