/** How long a worker that says nothing more is believed to be at work. */
export const LEASE_MS = 10_000;
export const LEASE_RENEW_MS = 3_000;

export const CLAIM = `SELECT import_id AS "importId", import_tenant_id AS "tenantId" FROM claim_lead_import($1, $2)`;

// Whoever writes here names the lease it holds: a worker that was taken for dead finds no row, and stops.
const MINE = `tenant_id = $1 AND id = $2 AND lease = $3 AND status = 'running'`;
const UNTIL = `clock_timestamp() + ${LEASE_MS} * interval '1 ms'`;

export const START = `
  UPDATE lead_imports
  SET encoding = $4, delimiter = $5, mapping = $6, leased_until = ${UNTIL}
  WHERE ${MINE}`;

export const RENEW = `UPDATE lead_imports SET leased_until = ${UNTIL} WHERE ${MINE}`;

export const PROGRESS = `
  UPDATE lead_imports
  SET records_done = $4, bytes_read = $5, imported = imported + $6, updated = updated + $7, duplicates = duplicates + $8,
      rejected = rejected + $9, leased_until = ${UNTIL}
  WHERE ${MINE}`;

const TOTALS = `RETURNING imported, updated, duplicates, rejected, object_key AS "objectKey"`;

export const COMPLETE = `
  UPDATE lead_imports
  SET status = 'completed', bytes_read = file_size, rejections_key = $4, lease = NULL, leased_until = NULL, finished_at = clock_timestamp()
  WHERE ${MINE}
  ${TOTALS}`;

export const FAIL = `
  UPDATE lead_imports
  SET status = 'failed', failure_code = $4, failure_reason = $5, lease = NULL, leased_until = NULL, finished_at = clock_timestamp()
  WHERE ${MINE}
  ${TOTALS}`;

export const COUNT_FAILURE = `
  UPDATE lead_imports
  SET attempts_failed = attempts_failed + 1
  WHERE ${MINE}
  RETURNING attempts_failed AS "attemptsFailed"`;

/** $4: milliseconds until somebody may take it up again. */
export const RELEASE = `
  UPDATE lead_imports
  SET lease = NULL, leased_until = clock_timestamp() + $4::int * interval '1 ms'
  WHERE ${MINE}`;

export const CANCEL = `
  UPDATE lead_imports
  SET status = 'cancelled', lease = NULL, leased_until = NULL, finished_at = clock_timestamp()
  WHERE tenant_id = $1 AND id = $2 AND status IN ('queued', 'running')
  ${TOTALS}`;

const HOLDS = `hashtextextended('leadwire:held-imports:' || $1::text, 0)`;

/** One word about the tenant or its people at a time; an import that is begun meanwhile is there when the word is obeyed. */
export const LOCK_HOLDS = `SELECT pg_advisory_xact_lock(${HOLDS})`;

/** Imports may begin side by side. */
export const SHARE_HOLDS = `SELECT pg_advisory_xact_lock_shared(${HOLDS})`;

export const NOTE_PERSON = `
  INSERT INTO person_standing AS s (tenant_id, user_id, active, version)
  VALUES ($1, $2, $3, $4)
  ON CONFLICT (tenant_id, user_id) DO UPDATE
  SET active = EXCLUDED.active, version = EXCLUDED.version
  WHERE s.version < EXCLUDED.version
  RETURNING active`;

/** Taken from its worker, which finds so at its next batch, and free for no other until it is let go. */
export const HOLD = `
  UPDATE lead_imports
  SET lease = NULL, leased_until = 'infinity'
  WHERE tenant_id = $1 AND status IN ('queued', 'running')`;

export const HOLD_OF_PERSON = `${HOLD} AND created_by_user_id = $2`;

/** Whether the tenant, or who began the import, is stopped. */
const isStopped = (tenantId: string, userId: string) => `(
    EXISTS (SELECT FROM tenant_standing t WHERE t.tenant_id = ${tenantId} AND NOT t.active)
    OR EXISTS (SELECT FROM person_standing p WHERE p.tenant_id = ${tenantId} AND p.user_id = ${userId} AND NOT p.active))`;

/** Lets go what neither the tenant's standing nor that of its person holds. */
export const UNHOLD = `
  UPDATE lead_imports
  SET leased_until = NULL
  WHERE tenant_id = $1 AND status IN ('queued', 'running') AND leased_until = 'infinity'
    AND NOT ${isStopped('$1', 'created_by_user_id')}`;

export const FORGET_MET_LEADS = `DELETE FROM lead_import_leads WHERE tenant_id = $1 AND import_id = $2`;

const COLUMNS = `
  id, status, file_name AS "fileName", file_size AS "fileSize", bytes_read AS "bytesRead", dedupe, encoding, delimiter, mapping,
  imported, updated, duplicates, rejected, failure_code AS "failureCode", failure_reason AS "failureReason",
  created_by_user_id AS "createdByUserId", created_at AS "createdAt", started_at AS "startedAt", finished_at AS "finishedAt",
  object_key AS "objectKey", rejections_key AS "rejectionsKey"`;

export const INSERT = `
  INSERT INTO lead_imports (id, tenant_id, created_by_user_id, file_name, file_size, object_key, dedupe, encoding, delimiter, given_mapping,
    leased_until)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10,
    CASE WHEN ${isStopped('$2', '$3')} THEN 'infinity'::timestamptz END)
  RETURNING ${COLUMNS}`;

export const GET = `SELECT ${COLUMNS} FROM lead_imports WHERE tenant_id = $1 AND id = $2`;

/** Newest first; ids rise with time. */
export const LIST = `
  SELECT ${COLUMNS}
  FROM lead_imports
  WHERE tenant_id = $1
    AND ($2::varchar IS NULL OR status = $2)
    AND ($3::uuid IS NULL OR id < $3)
  ORDER BY id DESC
  LIMIT $4`;
