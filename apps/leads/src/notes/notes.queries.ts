const COLUMNS = `
    id, lead_id AS "leadId", content, created_by_user_id AS "createdByUserId",
    created_at AS "createdAt", updated_at AS "updatedAt"`;

const LEAD_IS_THERE = `EXISTS (SELECT FROM leads WHERE tenant_id = $1 AND id = $2 AND NOT is_deleted)`;

/** Also says whether the lead is there, since a note on a lead is an activity of it. */
export const TOUCH_LEAD = `
  UPDATE leads
  SET last_activity_at = greatest(last_activity_at, $3)
  WHERE tenant_id = $1 AND id = $2 AND NOT is_deleted`;

export const IS_LEAD_THERE = `SELECT ${LEAD_IS_THERE} AS there`;

/** Notes of lead $2, newest first, before the note $4 unless that is null. */
export const LIST_NOTES = `
  SELECT ${COLUMNS}
  FROM lead_notes
  WHERE tenant_id = $1
    AND lead_id = $2
    AND NOT is_deleted
    AND id < coalesce($4::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
  ORDER BY id DESC
  LIMIT $3`;

export const UPDATE_NOTE = `
  UPDATE lead_notes
  SET content = $4
  WHERE tenant_id = $1 AND lead_id = $2 AND id = $3 AND NOT is_deleted AND ${LEAD_IS_THERE}
  RETURNING ${COLUMNS}`;

export const DELETE_NOTE = `
  UPDATE lead_notes
  SET is_deleted = true
  WHERE tenant_id = $1 AND lead_id = $2 AND id = $3 AND NOT is_deleted AND ${LEAD_IS_THERE}`;
