export type DueTail = {
  tenantId: string;
  walletId: string;
  auditedSeq: string;
  auditedHash: string | null;
  lastSeq: string;
};

/**
 * Takes wallets with postings that nobody audited, those first that wait longest; a wallet that somebody posts on at this very
 * moment, or that another replica took, is left for the next round. `$1` now, `$2` audited before, `$3` how many.
 */
export const TAKE_TAILS = `
  UPDATE wallet_upkeep k
  SET audited_at = $1
  FROM (
    SELECT wallet_id
    FROM wallet_upkeep
    WHERE last_seq > audited_seq
      AND audited_at <= $2
    ORDER BY audited_at
    LIMIT $3
    FOR UPDATE SKIP LOCKED) due
  WHERE k.wallet_id = due.wallet_id
  RETURNING k.tenant_id AS "tenantId", k.wallet_id AS "walletId", k.audited_seq AS "auditedSeq",
            encode(k.audited_hash, 'hex') AS "auditedHash", k.last_seq AS "lastSeq"`;

/** `$4`: when its next tail is due; a long one goes on at once, behind those that wait longer. */
export const NOTE_AUDITED = `
  UPDATE wallet_upkeep
  SET audited_seq = $3, audited_hash = (SELECT hash FROM billing_ledger_transactions WHERE wallet_id = $1 AND wallet_seq = $3),
      audited_at = coalesce($4, audited_at)
  WHERE wallet_id = $1
    AND audited_seq = $2`;

/** Takes the wallet whose last whole audit is longest ago. */
export const TAKE_WHOLE = `
  UPDATE wallet_upkeep k
  SET fully_audited_at = $1
  FROM (
    SELECT wallet_id
    FROM wallet_upkeep
    WHERE fully_audited_at <= $2
    ORDER BY fully_audited_at
    LIMIT 1
    FOR UPDATE SKIP LOCKED) due
  WHERE k.wallet_id = due.wallet_id
  RETURNING k.tenant_id AS "tenantId", k.wallet_id AS "walletId"`;
