import { COLUMN_OF, LEAD_COLUMNS } from './lead-row.js';
import type { WritableFields } from './lead-fields.js';

export const GET_LEAD = `
  SELECT ${LEAD_COLUMNS}
  FROM leads
  WHERE tenant_id = $1 AND id = $2 AND NOT is_deleted`;

// Not FOR UPDATE: a note that refers to the lead need not wait for its change.
export const LOCK_LEAD = `${GET_LEAD}
  FOR NO KEY UPDATE`;

export const DELETE_LEAD = `
  UPDATE leads
  SET is_deleted = true, version = version + 1
  WHERE tenant_id = $1 AND id = $2 AND NOT is_deleted
  RETURNING version, updated_at AS "deletedAt"`;

/** Sets `fields` (never empty) of the lead $2 and raises its version; the values follow from $3 on. */
export function updateLead(fields: WritableFields): { sql: string; values: unknown[] } {
  const entries = Object.entries(fields);
  const assignments = entries.map(
    ([field], i) => `${COLUMN_OF[field as keyof typeof COLUMN_OF]} = $${i + 3}`,
  );
  return {
    sql: `
      UPDATE leads
      SET ${assignments.join(', ')}, version = version + 1
      WHERE tenant_id = $1 AND id = $2
      RETURNING ${LEAD_COLUMNS}`,
    values: entries.map(([, value]) => value),
  };
}

/** The unique indexes over the leads of a tenant that are not deleted, and whose value is in the way. */
export const DUPLICATES = {
  leads_email: {
    field: 'email',
    find: `SELECT id FROM leads WHERE tenant_id = $1 AND NOT is_deleted AND email_key = lower($2::text COLLATE "C")`,
  },
  leads_phone: {
    field: 'phone',
    find: `SELECT id FROM leads WHERE tenant_id = $1 AND NOT is_deleted AND phone_key = translate($2::text, ' ()-./', '')`,
  },
  leads_linkedin: {
    field: 'linkedinUrl',
    find: `SELECT id FROM leads WHERE tenant_id = $1 AND NOT is_deleted AND linkedin_key = lower($2::text COLLATE "C")`,
  },
} as const;
