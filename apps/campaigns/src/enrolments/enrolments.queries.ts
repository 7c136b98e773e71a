import type { ActivityStatus, EnrolmentStatus } from '@leadwire/contracts';

/** The campaign's state for enrolling; the share lock keeps launch and completion from crossing it. */
export type OpenCampaign = { status: string; startsAt: Date | null };
export const LOCK_OPEN = `
  SELECT status, starts_at AS "startsAt"
  FROM campaigns
  WHERE tenant_id = $1
    AND id = $2
    AND NOT is_deleted
  FOR SHARE`;

export const ENROL = `
  INSERT INTO campaign_leads (id, tenant_id, campaign_id, lead_id, lead_version, first_name, last_name, email, company_name,
    title, linkedin_url, phone, lead_data, status, current_step_order, next_run_at, started_at)
  SELECT e.id, $1, $2, e."leadId", e.version, e."firstName", e."lastName", e.email, e."companyName", e.title, e."linkedinUrl",
    e.phone, coalesce(e."customFields", '{}'), $4::varchar, $5::int, $6::timestamptz, CASE WHEN $4::varchar = 'active' THEN now() END
  FROM jsonb_to_recordset($3::jsonb) AS e (id uuid, "leadId" uuid, version bigint, "firstName" varchar, "lastName" varchar,
    email varchar, "companyName" varchar, title varchar, "linkedinUrl" text, phone varchar, "customFields" jsonb)
  ON CONFLICT ON CONSTRAINT campaign_leads_once DO NOTHING`;

/** Newer facts of leads over older ones, in whatever order they arrive. */
export const REFRESH_SNAPSHOTS = `
  UPDATE campaign_leads l
  SET lead_version = e.version, first_name = e."firstName", last_name = e."lastName", email = e.email,
    company_name = e."companyName", title = e.title, linkedin_url = e."linkedinUrl", phone = e.phone,
    lead_data = coalesce(e."customFields", '{}')
  FROM jsonb_to_recordset($2::jsonb) AS e ("leadId" uuid, version bigint, "firstName" varchar, "lastName" varchar,
    email varchar, "companyName" varchar, title varchar, "linkedinUrl" text, phone varchar, "customFields" jsonb)
  WHERE l.tenant_id = $1
    AND l.lead_id = e."leadId"
    AND l.lead_version < e.version`;

/** Leads that nobody may contact any more leave every campaign. */
export const STOP_LEADS = `
  UPDATE campaign_leads l
  SET status = 'stopped', end_reason = $3, next_run_at = NULL, completed_at = now()
  WHERE l.tenant_id = $1
    AND l.lead_id = ANY ($2::uuid[])
    AND l.status IN ('pending', 'active')
  RETURNING l.id, l.campaign_id AS "campaignId", l.lead_id AS "leadId", l.status, l.end_reason AS reason`;

export const ENROLLED_AMONG = `
  SELECT DISTINCT lead_id AS id
  FROM campaign_leads
  WHERE tenant_id = $1
    AND lead_id = ANY ($2::uuid[])
    AND status IN ('pending', 'active')`;

export type EnrolmentRow = {
  id: string;
  campaignId: string;
  leadId: string;
  firstName: string | null;
  lastName: string | null;
  email: string | null;
  companyName: string | null;
  status: EnrolmentStatus;
  endReason: string | null;
  currentStepOrder: number;
  nextRunAt: Date | null;
  startedAt: Date | null;
  completedAt: Date | null;
  createdAt: Date;
};
export const LIST_ENROLMENTS = `
  SELECT id, campaign_id AS "campaignId", lead_id AS "leadId", first_name AS "firstName", last_name AS "lastName", email,
    company_name AS "companyName", status, end_reason AS "endReason", current_step_order AS "currentStepOrder",
    next_run_at AS "nextRunAt", started_at AS "startedAt", completed_at AS "completedAt", created_at AS "createdAt"
  FROM campaign_leads
  WHERE tenant_id = $1
    AND campaign_id = $2
    AND ($3::varchar IS NULL OR status = $3)
    AND ($4::uuid IS NULL OR id > $4)
  ORDER BY id
  LIMIT $5`;

export type ActivityRow = {
  id: string;
  enrolmentId: string;
  leadId: string;
  stepId: string;
  channel: string;
  status: ActivityStatus;
  to: string;
  subject: string;
  body: string;
  messageId: string;
  attempts: number;
  confirmed: boolean;
  error: string | null;
  executedAt: Date | null;
  createdAt: Date;
};
export const LIST_ACTIVITIES = `
  SELECT a.id, a.campaign_lead_id AS "enrolmentId", l.lead_id AS "leadId", a.step_id AS "stepId", a.channel, a.status,
    a.recipient AS "to", a.subject, a.message_content AS body, a.message_id AS "messageId", a.attempts, a.confirmed,
    a.error_message AS error, a.executed_at AS "executedAt", a.created_at AS "createdAt"
  FROM campaign_lead_activities a
  JOIN campaign_leads l ON l.tenant_id = a.tenant_id AND l.id = a.campaign_lead_id
  WHERE a.tenant_id = $1
    AND a.campaign_id = $2
    AND ($3::uuid IS NULL OR a.campaign_lead_id = $3)
    AND ($4::varchar IS NULL OR a.status = $4)
    AND ($5::uuid IS NULL OR a.id < $5)
  ORDER BY a.id DESC
  LIMIT $6`;

export const CAMPAIGN_EXISTS = `SELECT 1 FROM campaigns WHERE tenant_id = $1 AND id = $2 AND NOT is_deleted`;
