import type { CampaignStats } from '@leadwire/contracts';

/** What is true of a running campaign `c` of tenant `$1` with nobody under way. */
export const IS_FINISHED = `
  c.tenant_id = $1
  AND c.status = 'active'
  AND NOT EXISTS (
    SELECT 1
    FROM campaign_leads l
    WHERE l.tenant_id = c.tenant_id
      AND l.campaign_id = c.id
      AND l.status = 'active'
  )`;

export const FINISHED_CAMPAIGNS = `
  SELECT c.id
  FROM campaigns c
  WHERE ${IS_FINISHED}`;

export const LOCK_ACTIVE = `SELECT name FROM campaigns WHERE tenant_id = $1 AND id = $2 AND status = 'active' FOR UPDATE`;
export const HAS_ACTIVE = `SELECT 1 FROM campaign_leads WHERE tenant_id = $1 AND campaign_id = $2 AND status = 'active' LIMIT 1`;
export const COMPLETE_CAMPAIGN = `
  UPDATE campaigns
  SET status = 'completed', completed_at = now()
  WHERE tenant_id = $1
    AND id = $2`;

export const OVERDUE_CAMPAIGNS = `
  SELECT id
  FROM campaigns
  WHERE tenant_id = $1
    AND status = 'active'
    AND ends_at <= now()`;

export const STOPPING_CAMPAIGNS = `SELECT id FROM campaigns WHERE tenant_id = $1 AND is_stopping`;

/** Nothing while another replica is at it. */
export const LOCK_STOPPING = `
  SELECT id
  FROM campaigns
  WHERE tenant_id = $1
    AND id = $2
    AND is_stopping
  FOR UPDATE SKIP LOCKED`;

export const STOPPED_CAMPAIGN = `UPDATE campaigns SET is_stopping = false WHERE tenant_id = $1 AND id = $2`;

export const STOP_CAMPAIGN_LEADS = `
  UPDATE campaign_leads l
  SET status = 'stopped', end_reason = $3, next_run_at = NULL, completed_at = now()
  WHERE l.tenant_id = $1
    AND l.status IN ('pending', 'active')
    AND l.id IN (
      SELECT id
      FROM campaign_leads
      WHERE tenant_id = $1
        AND campaign_id = $2
        AND status IN ('pending', 'active')
      LIMIT $4
    )
  RETURNING l.id, l.campaign_id AS "campaignId", l.lead_id AS "leadId", l.status, l.end_reason AS reason`;

/** Everybody who waits for the launch gets the first stop. */
export const START_ENROLMENTS = `
  UPDATE campaign_leads
  SET status = 'active', started_at = now(), current_step_order = $3, next_run_at = $4
  WHERE tenant_id = $1
    AND campaign_id = $2
    AND status = 'pending'`;

export const INSERT_STEPS = `
  INSERT INTO campaign_steps (id, tenant_id, campaign_id, type, "order", title, description, config)
  SELECT s.id, $1, $2, s.type, s.position, s.title, s.description, s.config
  FROM unnest($3::uuid[], $4::varchar[], $5::int[], $6::varchar[], $7::text[], $8::jsonb[])
    AS s (id, type, position, title, description, config)`;

export type StepRow = {
  id: string;
  order: number;
  type: 'email' | 'wait';
  title: string | null;
  description: string | null;
  config: Record<string, unknown>;
};
export const STEPS_OF = `
  SELECT id, "order", type, title, description, config
  FROM campaign_steps
  WHERE tenant_id = $1
    AND campaign_id = $2
  ORDER BY "order"`;

export const KNOWN_TEMPLATES = `SELECT id FROM communication_templates WHERE tenant_id = $1 AND id = ANY ($2::uuid[])`;

export const COUNT_ENROLMENTS = `
  SELECT count(*)::int AS enrolled
  FROM campaign_leads
  WHERE tenant_id = $1
    AND campaign_id = $2
    AND status IN ('pending', 'active')`;

/** How many of those who wait for the launch lack each of the named variables. */
export const COUNT_MISSING = `
  SELECT v.name, count(*)::int AS missing
  FROM campaign_leads l
  CROSS JOIN unnest($3::text[]) AS v (name)
  WHERE l.tenant_id = $1
    AND l.campaign_id = $2
    AND l.status IN ('pending', 'active')
    AND coalesce(btrim(CASE v.name
      WHEN 'firstName' THEN l.first_name
      WHEN 'lastName' THEN l.last_name
      WHEN 'email' THEN l.email
      WHEN 'phone' THEN l.phone
      WHEN 'companyName' THEN l.company_name
      WHEN 'title' THEN l.title
      WHEN 'linkedinUrl' THEN l.linkedin_url
      ELSE l.lead_data ->> substr(v.name, length('custom.') + 1)
    END), '') = ''
  GROUP BY v.name
  ORDER BY v.name`;

export const FUNDS_EXHAUSTED = `SELECT exhausted FROM funds WHERE tenant_id = $1`;

export type StatsRow = CampaignStats;
export const CAMPAIGN_STATS = `
  SELECT l.*, a.*
  FROM (
    SELECT count(*)::int AS enrolled,
      count(*) FILTER (WHERE status = 'pending')::int AS pending,
      count(*) FILTER (WHERE status = 'active')::int AS active,
      count(*) FILTER (WHERE status = 'active' AND next_run_at > now())::int AS waiting,
      count(*) FILTER (WHERE status IN ('completed', 'failed', 'stopped'))::int AS ended,
      count(*) FILTER (WHERE status = 'completed')::int AS completed,
      count(*) FILTER (WHERE status = 'failed')::int AS failed,
      count(*) FILTER (WHERE status = 'stopped')::int AS stopped
    FROM campaign_leads
    WHERE tenant_id = $1
      AND campaign_id = $2
  ) l
  CROSS JOIN (
    SELECT count(*) FILTER (WHERE status = 'sent')::int AS sent,
      count(*) FILTER (WHERE status = 'sent' AND NOT confirmed)::int AS unconfirmed,
      count(*) FILTER (WHERE status IN ('sending', 'deferred'))::int AS sending,
      count(*) FILTER (WHERE status = 'failed')::int AS refused
    FROM campaign_lead_activities
    WHERE tenant_id = $1
      AND campaign_id = $2
  ) a`;

export const PAUSE_OF_LAUNCHER = `
  UPDATE campaigns
  SET status = 'paused', pause_reason = 'launcher-suspended'
  WHERE tenant_id = $1
    AND launched_by_user_id = $2
    AND status = 'active'
  RETURNING id, name`;
