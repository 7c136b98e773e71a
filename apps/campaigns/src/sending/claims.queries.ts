import { LEAD_COLUMNS } from '../enrolments/lead-columns.js';
import type { LeadFacts } from '../templates/liquid.js';

/**
 * What is true of a campaign `c` of tenant `$1` that may send. Each claim asks for the end, since a large campaign takes a while to
 * stop, and for the funds, since a campaign that became active just after the word that they are gone was not paused with the others.
 */
export const MAY_SEND = `
  c.tenant_id = $1
  AND c.status = 'active'
  AND (c.ends_at IS NULL OR c.ends_at > now())
  AND NOT EXISTS (SELECT FROM funds f WHERE f.tenant_id = $1 AND f.exhausted)`;

/** Campaigns of a tenant that may send right now, and through which account. */
export const RUNNABLE_CAMPAIGNS = `
  SELECT c.id, c.email_account_id AS "accountId"
  FROM campaigns c
  JOIN email_accounts a ON a.tenant_id = c.tenant_id AND a.id = c.email_account_id
  WHERE ${MAY_SEND}
    AND a.is_active
    AND a.available_at <= now()
    AND a.backoff_until <= now()
  ORDER BY c.id`;

/** The campaign while it and its tenant may send; the share lock lets a pause wait for the claim instead of crossing it. */
export const LOCK_RUNNING = `
  SELECT c.launched_by_user_id AS "launchedByUserId"
  FROM campaigns c
  WHERE ${MAY_SEND}
    AND c.id = $2
    AND NOT EXISTS (SELECT FROM tenant_schedule s WHERE s.tenant_id = $1 AND s.halted)
  FOR SHARE`;

/** Of these campaigns, those that may not send any more. */
export const STOPPED_AMONG = `
  SELECT claimed.id AS "campaignId"
  FROM unnest($2::uuid[]) AS claimed (id)
  WHERE NOT EXISTS (SELECT FROM campaigns c WHERE ${MAY_SEND} AND c.id = claimed.id)`;

export const CAMPAIGN_STEPS = `
  SELECT id, "order", type, config
  FROM campaign_steps
  WHERE tenant_id = $1
    AND campaign_id = $2
  ORDER BY "order"`;

export type TemplateRow = {
  id: string;
  subject: string;
  body: string;
  variables: Record<string, object>;
  isActive: boolean;
};
export const TEMPLATES_OF = `
  SELECT id, subject, body, variables_schema AS variables, is_active AS "isActive"
  FROM communication_templates
  WHERE tenant_id = $1
    AND id = ANY ($2::uuid[])`;

export type DueRow = LeadFacts & {
  id: string;
  leadId: string;
  stepOrder: number;
  threadSubject: string | null;
  threadMessageId: string | null;
};
export const DUE_ENROLMENTS = `
  SELECT l.id, l.lead_id AS "leadId", l.current_step_order AS "stepOrder", l.thread_subject AS "threadSubject",
    l.thread_message_id AS "threadMessageId", ${LEAD_COLUMNS}
  FROM campaign_leads l
  WHERE l.tenant_id = $1
    AND l.campaign_id = $2
    AND l.status = 'active'
    AND l.next_run_at <= now()
  ORDER BY l.next_run_at
  LIMIT $3
  FOR UPDATE SKIP LOCKED`;

/**
 * Takes up to $3 of the account's slots of its present local day, in one statement, so that neither replicas nor midnight
 * can make it more. Once they are used up, the account is available again at its next midnight.
 */
export const RESERVE_SLOTS = `
  WITH today AS (
    SELECT id, d.day, CASE WHEN last_reset_date = d.day THEN sent_today ELSE 0 END AS used
    FROM email_accounts, LATERAL (SELECT (now() AT TIME ZONE timezone)::date AS day) d
    WHERE tenant_id = $1
      AND id = $2
      AND is_active
    FOR UPDATE OF email_accounts
  )
  UPDATE email_accounts a
  SET sent_today = t.used + LEAST($3::int, GREATEST(a.daily_send_limit - t.used, 0)),
    last_reset_date = t.day,
    available_at = CASE
      WHEN t.used + $3::int >= a.daily_send_limit THEN (t.day + 1)::timestamp AT TIME ZONE a.timezone
      ELSE a.available_at
    END
  FROM today t
  WHERE a.tenant_id = $1
    AND a.id = t.id
  RETURNING a.sent_today - t.used AS granted, t.day::text AS day`;

export type BegunRow = { id: string; enrolmentId: string; messageId: string; attempts: number };
/** Write-ahead of each mail: its row, its Message-ID and the claim are there before anything leaves. */
export const BEGIN_MAILS = `
  INSERT INTO campaign_lead_activities AS a (id, tenant_id, campaign_id, campaign_lead_id, step_id, email_account_id, channel,
    step_type, action_type, status, recipient, subject, message_content, message_id, metadata, reserved_on, claim_id, lease_until)
  SELECT m.id, $1, $2, m.enrolment_id, m.step_id, $3, 'email', 'email', 'send', 'sending', m.recipient, m.subject, m.body,
    m.message_id, m.metadata, $4::date, $5, now() + make_interval(secs => $6)
  FROM unnest($7::uuid[], $8::uuid[], $9::uuid[], $10::varchar[], $11::varchar[], $12::text[], $13::varchar[], $14::jsonb[])
    AS m (id, enrolment_id, step_id, recipient, subject, body, message_id, metadata)
  ON CONFLICT ON CONSTRAINT campaign_lead_activities_once DO UPDATE
  SET status = 'sending', recipient = EXCLUDED.recipient, subject = EXCLUDED.subject, message_content = EXCLUDED.message_content,
    metadata = EXCLUDED.metadata, email_account_id = EXCLUDED.email_account_id, reserved_on = EXCLUDED.reserved_on,
    claim_id = EXCLUDED.claim_id, lease_until = EXCLUDED.lease_until, error_message = NULL
  WHERE a.status = 'deferred'
  RETURNING id, campaign_lead_id AS "enrolmentId", message_id AS "messageId", attempts`;

/** An enrolment whose mail is under way is not due. */
export const UNDER_WAY = `
  UPDATE campaign_leads
  SET next_run_at = NULL
  WHERE tenant_id = $1
    AND id = ANY ($2::uuid[])`;

export const RENEW_LEASES = `
  UPDATE campaign_lead_activities
  SET lease_until = now() + make_interval(secs => $3)
  WHERE tenant_id = $1
    AND claim_id = ANY ($2::uuid[])
    AND status = 'sending'`;

export const FAIL_ENROLMENTS = `
  UPDATE campaign_leads l
  SET status = 'failed', end_reason = f.reason, next_run_at = NULL, completed_at = now()
  FROM unnest($2::uuid[], $3::varchar[]) AS f (id, reason)
  WHERE l.tenant_id = $1
    AND l.id = f.id
    AND l.status = 'active'
  RETURNING l.id, l.campaign_id AS "campaignId", l.lead_id AS "leadId", l.status, l.end_reason AS reason`;
