import { TENANT_COLUMNS } from '../accounts/standing.js';

export const FIND_TENANT = `SELECT ${TENANT_COLUMNS}, t.version FROM tenants t WHERE t.id = $1 AND t.deleted_at IS NULL`;

export const LOCK_TENANT = `${FIND_TENANT} FOR UPDATE`;

export const UPDATE_TENANT = `
  UPDATE tenants t
  SET name = $2, email = $3, phone = $4, website = $5, version = version + 1
  WHERE t.id = $1
  RETURNING ${TENANT_COLUMNS}, t.version`;
