import { LAST_ANNOUNCED } from './announced.js';

/** How far a wallet was audited. */
export type Audited = {
  auditedSeq: string;
  auditedHash: string | null;
  auditedEvent: string | null;
  lastSeq: string;
};
export type DueTail = Audited & { tenantId: string; walletId: string };

const AUDITED_COLUMNS = `
  k.audited_seq AS "auditedSeq", encode(k.audited_hash, 'hex') AS "auditedHash", k.audited_event AS "auditedEvent",
  k.last_seq AS "lastSeq"`;

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
  RETURNING k.tenant_id AS "tenantId", k.wallet_id AS "walletId", ${AUDITED_COLUMNS}`;

/** `$4`: when its next tail is due; a long one goes on at once, behind those that wait longer. `$5`: the event that it began after. */
export const NOTE_AUDITED = `
  UPDATE wallet_upkeep
  SET audited_seq = $3, audited_hash = (SELECT hash FROM billing_ledger_transactions WHERE wallet_id = $1 AND wallet_seq = $3),
      audited_event = coalesce((${LAST_ANNOUNCED}), $5, 0), audited_at = coalesce($4, audited_at)
  WHERE wallet_id = $1
    AND audited_seq = $2`;

/** How far a wallet was audited, and up to which posting its charges were rated again in their turn. */
export const AUDITED_SO_FAR = `
  SELECT ${AUDITED_COLUMNS}, k.replayed_seq AS "replayedSeq"
  FROM wallet_upkeep k
  WHERE k.wallet_id = $1`;

/** After the last posting comes the first again. */
export const NOTE_REPLAYED = `
  UPDATE wallet_upkeep
  SET replayed_seq = CASE WHEN replayed_seq + $2 < last_seq THEN replayed_seq + $2 ELSE 0 END
  WHERE wallet_id = $1`;

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
