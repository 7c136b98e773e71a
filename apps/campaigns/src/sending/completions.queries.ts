/**
 * Mails that a server took: the activity is sent, the enrolment moves on or ends, in one statement. Only rows that are still
 * under way under the same claim count, so an outcome that two processes know of is written once.
 */
export const COMPLETE_MAILS = `
  WITH done AS (
    UPDATE campaign_lead_activities a
    SET status = 'sent', executed_at = m.at, confirmed = m.confirmed, attempts = a.attempts + 1, claim_id = NULL,
      lease_until = NULL, error_message = m.note, metadata = a.metadata || jsonb_build_object('response', m.response)
    FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::boolean[], $6::text[], $7::text[], $8::int[], $9::timestamptz[])
      AS m (id, claim_id, at, confirmed, note, response, next_order, next_at)
    WHERE a.tenant_id = $1
      AND a.id = m.id
      AND a.claim_id = m.claim_id
      AND a.status = 'sending'
    RETURNING a.id, a.campaign_lead_id, a.subject, a.message_id, m.next_order, m.next_at
  ), moved AS (
    UPDATE campaign_leads l
    SET current_step_order = d.next_order, next_run_at = d.next_at, thread_subject = d.subject, thread_message_id = d.message_id,
      status = CASE WHEN d.next_at IS NULL THEN 'completed' ELSE l.status END,
      completed_at = CASE WHEN d.next_at IS NULL THEN now() END
    FROM done d
    WHERE l.tenant_id = $1
      AND l.id = d.campaign_lead_id
      AND l.status = 'active'
    RETURNING l.id, l.status
  )
  SELECT d.id, coalesce(moved.status = 'completed', false) AS ended
  FROM done d
  LEFT JOIN moved ON moved.id = d.campaign_lead_id`;

/** Mails that did not leave: they wait for another try. `counted` is 1 where a server has answered. */
export const PUT_OFF_MAILS = `
  WITH put AS (
    UPDATE campaign_lead_activities a
    SET status = 'deferred', attempts = a.attempts + m.counted, claim_id = NULL, lease_until = NULL, error_message = m.reason
    FROM unnest($2::uuid[], $3::uuid[], $4::int[], $5::text[], $6::timestamptz[]) AS m (id, claim_id, counted, reason, next_at)
    WHERE a.tenant_id = $1
      AND a.id = m.id
      AND a.claim_id = m.claim_id
      AND a.status = 'sending'
    RETURNING a.id, a.campaign_lead_id, m.next_at
  ), due AS (
    UPDATE campaign_leads l
    SET next_run_at = p.next_at
    FROM put p
    WHERE l.tenant_id = $1
      AND l.id = p.campaign_lead_id
      AND l.status = 'active'
  )
  SELECT id FROM put`;

/** Mails that a server refused for good, or put off too often: the enrolment ends with them. */
export const REFUSE_MAILS = `
  WITH refused AS (
    UPDATE campaign_lead_activities a
    SET status = 'failed', attempts = a.attempts + 1, claim_id = NULL, lease_until = NULL, error_message = m.reason
    FROM unnest($2::uuid[], $3::uuid[], $4::text[]) AS m (id, claim_id, reason)
    WHERE a.tenant_id = $1
      AND a.id = m.id
      AND a.claim_id = m.claim_id
      AND a.status = 'sending'
    RETURNING a.id, a.campaign_lead_id, m.reason
  ), failed AS (
    UPDATE campaign_leads l
    SET status = 'failed', end_reason = r.reason, next_run_at = NULL, completed_at = now()
    FROM refused r
    WHERE l.tenant_id = $1
      AND l.id = r.campaign_lead_id
      AND l.status = 'active'
    RETURNING l.id
  )
  SELECT r.id, f.id IS NOT NULL AS ended
  FROM refused r
  LEFT JOIN failed f ON f.id = r.campaign_lead_id`;

/** Gives back slots that were reserved for mails that did not leave, unless the account's day is over anyway. */
export const RELEASE_SLOTS = `
  UPDATE email_accounts a
  SET sent_today = GREATEST(a.sent_today - $4::int, 0),
    available_at = CASE WHEN a.sent_today >= a.daily_send_limit THEN now() ELSE a.available_at END
  WHERE a.tenant_id = $1
    AND a.id = $2
    AND a.last_reset_date = $3::date`;

/**
 * Counts one incident of an account. Mails that fail side by side are one incident: while the account already backs off,
 * further failures change nothing, unless they are fatal.
 */
export const NOTE_INCIDENT = `
  UPDATE email_accounts a
  SET failures = a.failures + 1,
    backoff_until = now() + make_interval(secs => ($4::float8[])[LEAST(a.failures + 1, cardinality($4::float8[]))]),
    is_active = NOT ($3 OR a.failures >= cardinality($4::float8[])),
    paused_reason = CASE WHEN $3 OR a.failures >= cardinality($4::float8[]) THEN $5::varchar END
  WHERE a.tenant_id = $1
    AND a.id = $2
    AND a.is_active
    AND ($3 OR a.backoff_until <= now())
  RETURNING a.is_active AS "isActive"`;

export const CLEAR_INCIDENTS = `
  UPDATE email_accounts
  SET failures = 0
  WHERE tenant_id = $1
    AND id = ANY ($2::uuid[])
    AND failures > 0`;
