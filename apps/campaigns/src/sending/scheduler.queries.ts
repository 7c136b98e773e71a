import { IS_FINISHED } from '../campaigns/campaigns.queries.js';
import { MAY_SEND } from './claims.queries.js';

/** Tenants whose turn it was at $4 if not now, longest waiting first, after the one that is due since $2 and named $3. */
export const DUE_TENANTS = `
  SELECT tenant_id AS id, next_due_at::text AS "dueAt", LEAST(now(), $4)::text AS until
  FROM tenant_schedule
  WHERE next_due_at <= LEAST(now(), $4)
    AND NOT halted
    AND (next_due_at, tenant_id) > ($2::timestamptz, $3::uuid)
  ORDER BY next_due_at, tenant_id
  LIMIT $1`;

/** A belt to the braces: whoever was not looked at for long is looked at whatever the schedule says. */
export const SWEEP_TENANTS = `
  UPDATE tenant_schedule
  SET swept_at = now(), next_due_at = LEAST(next_due_at, now())
  WHERE tenant_id IN (
    SELECT tenant_id
    FROM tenant_schedule
    WHERE swept_at < now() - make_interval(secs => $1)
    ORDER BY swept_at
    LIMIT $2
  )`;

/** Takes a word on a tenant's standing only when it is newer than the last; who may send again is looked at at once. */
export const NOTE_STANDING = `
  INSERT INTO tenant_schedule AS s (tenant_id, next_due_at, halted, standing_version)
  VALUES ($1, now(), $2, $3)
  ON CONFLICT (tenant_id) DO UPDATE
  SET halted = EXCLUDED.halted, standing_version = EXCLUDED.standing_version, next_due_at = now()
  WHERE s.standing_version < EXCLUDED.standing_version`;

export const HALTED_AMONG = `
  SELECT tenant_id AS "tenantId"
  FROM tenant_schedule
  WHERE halted
    AND tenant_id = ANY ($1::uuid[])`;

export const LOCK_SCHEDULE = `SELECT next_due_at FROM tenant_schedule WHERE tenant_id = $1 FOR UPDATE`;

/** Lets a tenant wait for what it may not or cannot do now, so that those who may have their turn. */
export const POSTPONE = `
  UPDATE tenant_schedule
  SET next_due_at = now() + make_interval(secs => $2)
  WHERE tenant_id = $1`;

/**
 * When the tenant has something to do next. Runs in a statement of its own after the lock: whoever committed work before the
 * lock is seen by it, whoever commits later writes the schedule itself.
 */
export const RESCHEDULE = `
  UPDATE tenant_schedule
  SET next_due_at = coalesce(LEAST(
    (
      SELECT min(GREATEST(d.next_run_at, a.available_at, a.backoff_until))
      FROM campaigns c
      JOIN email_accounts a ON a.tenant_id = c.tenant_id AND a.id = c.email_account_id AND a.is_active
      CROSS JOIN LATERAL (
        SELECT l.next_run_at
        FROM campaign_leads l
        WHERE l.tenant_id = c.tenant_id
          AND l.campaign_id = c.id
          AND l.status = 'active'
          AND l.next_run_at IS NOT NULL
        ORDER BY l.next_run_at
        LIMIT 1
      ) d
      WHERE ${MAY_SEND}
    ),
    (
      -- A lease that is over and was not settled just now belongs to a journal elsewhere: look again, but not at once.
      SELECT min(CASE WHEN lease_until > now() THEN lease_until ELSE now() + interval '5 seconds' END)
      FROM campaign_lead_activities
      WHERE tenant_id = $1
        AND status = 'sending'
    ),
    (SELECT min(ends_at) FROM campaigns WHERE tenant_id = $1 AND status = 'active'),
    (SELECT min(now()) FROM campaigns WHERE tenant_id = $1 AND is_stopping),
    (
      -- The last enrolment may have ended since this visit looked for campaigns to complete.
      SELECT min(now())
      FROM campaigns c
      WHERE ${IS_FINISHED}
    )
  ), 'infinity')
  WHERE tenant_id = $1`;
