export type WaitingEvent = {
  id: string;
  type: string;
  subject: 'payment' | 'checkout' | 'none';
  subjectId: string | null;
  attempts: number;
};

/** Each event once, whatever way it comes. */
export const KEEP_EVENT = `
  INSERT INTO billing_payment_events (id, type, subject, subject_id, source, next_attempt_at, occurred_at, received_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $6)
  ON CONFLICT (id) DO NOTHING
  RETURNING id`;

/** Takes due events for a while; whoever dies with them leaves them to others then. */
export const CLAIM_EVENTS = `
  UPDATE billing_payment_events e
  SET next_attempt_at = $2
  FROM (
    SELECT id FROM billing_payment_events
    WHERE status = 'waiting' AND next_attempt_at <= $1
    ORDER BY next_attempt_at
    LIMIT $3
    FOR UPDATE SKIP LOCKED
  ) due
  WHERE e.id = due.id
  RETURNING e.id, e.type, e.subject, e.subject_id AS "subjectId", e.attempts`;

export const SETTLE_EVENT = `
  UPDATE billing_payment_events
  SET status = $2, error = $3, settled_at = $4, attempts = attempts + 1
  WHERE id = $1 AND status = 'waiting'`;

/** `$4`: whether it was a try, or only found a wallet that takes nothing for now. */
export const PUT_OFF_EVENT = `
  UPDATE billing_payment_events
  SET attempts = attempts + $4::boolean::int, next_attempt_at = $2, error = $3
  WHERE id = $1 AND status = 'waiting'`;

/**
 * Makes due whatever failed for the reason `$1`, also what was given up. Whose an event is shows only when it is handled: those of
 * other wallets are put off again. What somebody else has in hand is looked at again by them.
 */
export const RELEASE_EVENTS = `
  UPDATE billing_payment_events e
  SET status = 'waiting', attempts = 0, error = NULL, settled_at = NULL, next_attempt_at = $2
  FROM (
    SELECT id FROM billing_payment_events
    WHERE status IN ('waiting', 'given-up') AND error = $1
    FOR UPDATE SKIP LOCKED
  ) held
  WHERE e.id = held.id`;

/** The provider lists its own for thirty days: what is forgotten before would come again. */
export const FORGET_EVENTS = `
  DELETE FROM billing_payment_events
  WHERE id IN (
    SELECT id FROM billing_payment_events WHERE status <> 'waiting' AND settled_at < $1 LIMIT 1000)`;

/** One replica at a time reads the list; `$1` is now. The first look starts a while ago. */
export const LEAD_RECONCILIATION = `
  INSERT INTO payment_reconciliation AS r (seen_until, lease_until) VALUES ($1, $2)
  ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until WHERE r.lease_until <= $1
  RETURNING seen_until AS "seenUntil"`;

export const RECONCILED = `
  UPDATE payment_reconciliation
  SET seen_until = greatest(seen_until, $1), lease_until = $2`;
