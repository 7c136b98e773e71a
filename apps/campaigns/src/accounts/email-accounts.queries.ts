/** Whether a campaign that has not ended still needs the account. */
export const ACCOUNT_IN_USE = `
  SELECT 1 AS used
  FROM campaigns
  WHERE tenant_id = $1
    AND email_account_id = $2
    AND status IN ('active', 'paused')
    AND NOT is_deleted
  LIMIT 1`;

export const DETACH_FROM_DRAFTS = `
  UPDATE campaigns
  SET email_account_id = NULL
  WHERE tenant_id = $1
    AND email_account_id = $2
    AND status = 'draft'`;

export const TIMEZONE_NAMED = `SELECT 1 FROM pg_timezone_names WHERE lower(name) = lower($1)`;
