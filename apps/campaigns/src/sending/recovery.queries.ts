import type { DoubtPolicy } from '@leadwire/contracts';
import type { Step } from '../campaigns/steps.js';

export type AbandonedRow = {
  activityId: string;
  enrolmentId: string;
  leadId: string;
  campaignId: string;
  launchedByUserId: string | null;
  stepId: string;
  accountId: string;
  accountFailures: number;
  onDoubt: DoubtPolicy;
  fromName: string | null;
  fromEmail: string;
  to: string;
  subject: string;
  messageId: string;
  attempts: number;
  reservedOn: string;
  journalId: string;
  overdueSeconds: number;
};

/** Mails, other than of the enrolments $3, whose owner has not renewed their lease: it died, or lost the database for too long. */
export const ABANDONED_MAILS = `
  SELECT v.id AS "activityId", v.campaign_lead_id AS "enrolmentId", l.lead_id AS "leadId", v.campaign_id AS "campaignId",
    c.launched_by_user_id AS "launchedByUserId", v.step_id AS "stepId", v.email_account_id AS "accountId",
    a.failures AS "accountFailures", a.on_doubt AS "onDoubt", a.from_name AS "fromName", a.email AS "fromEmail",
    v.recipient AS "to", v.subject, v.message_id AS "messageId", v.attempts, v.reserved_on::text AS "reservedOn",
    v.claim_id AS "journalId", extract(epoch FROM now() - v.lease_until)::float8 AS "overdueSeconds"
  FROM campaign_lead_activities v
  JOIN campaign_leads l ON l.tenant_id = v.tenant_id AND l.id = v.campaign_lead_id
  JOIN campaigns c ON c.tenant_id = v.tenant_id AND c.id = v.campaign_id
  JOIN email_accounts a ON a.tenant_id = v.tenant_id AND a.id = v.email_account_id
  WHERE v.tenant_id = $1
    AND v.status = 'sending'
    AND v.lease_until < now()
    AND v.campaign_lead_id <> ALL ($3::uuid[])
  ORDER BY v.lease_until
  LIMIT $2
  FOR UPDATE OF v SKIP LOCKED`;

export type StepOfRow = Step & { campaignId: string };
export const STEPS_OF_CAMPAIGNS = `
  SELECT id, campaign_id AS "campaignId", "order", type, config
  FROM campaign_steps
  WHERE tenant_id = $1
    AND campaign_id = ANY ($2::uuid[])
  ORDER BY "order"`;
