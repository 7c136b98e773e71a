/** Takes a word on the wallet only when it is newer than the last one: by the wallet's version, then by when it was said. */
export const NOTE_FUNDS = `
  INSERT INTO funds AS f (tenant_id, exhausted, wallet_version, said_at)
  VALUES ($1, $2, $3, $4)
  ON CONFLICT (tenant_id) DO UPDATE
  SET exhausted = EXCLUDED.exhausted, wallet_version = EXCLUDED.wallet_version, said_at = EXCLUDED.said_at
  WHERE (EXCLUDED.wallet_version, EXCLUDED.said_at) > (f.wallet_version, f.said_at)
  RETURNING exhausted`;

export const PAUSE_FOR_FUNDS = `
  UPDATE campaigns
  SET status = 'paused', pause_reason = 'insufficient-funds'
  WHERE tenant_id = $1
    AND status = 'active'
  RETURNING id, name`;

export const RESUME_FOR_FUNDS = `
  UPDATE campaigns
  SET status = 'active', pause_reason = NULL
  WHERE tenant_id = $1
    AND status = 'paused'
    AND pause_reason = 'insufficient-funds'
    AND NOT is_deleted
  RETURNING id, name`;
