export type UserCreditRow = {
  userId: string;
  monthlyAllowance: string | null;
  balance: string;
  monthlyUsage: string;
  held: string;
};

// A month that is over counts no more, also before it was begun anew. `$2` is the start of this month.
const CREDIT = `
  SELECT user_id AS "userId", monthly_allowance AS "monthlyAllowance", held,
         CASE WHEN last_usage_reset < $2 THEN greatest(0, coalesce(monthly_allowance, 0) - held) ELSE balance END::numeric(20,6)
           AS balance,
         CASE WHEN last_usage_reset < $2 THEN 0 ELSE monthly_usage END::numeric(20,6) AS "monthlyUsage"
  FROM user_credits
  WHERE tenant_id = $1`;

export const LIST_USER_CREDITS = `${CREDIT}
    AND ($4::uuid IS NULL OR user_id > $4)
  ORDER BY user_id
  LIMIT $3`;

export const USER_CREDIT = `${CREDIT} AND user_id = $3`;

export const SET_ALLOWANCE = `SELECT set_allowance($1, $2, $3, $4, $5, $6)`;

export const RESETS_DUE = `
  SELECT tenant_id AS "tenantId"
  FROM limit_upkeep
  WHERE reset_due <= $1
  ORDER BY reset_due
  LIMIT $2`;

export const SET_RESET_DUE = `UPDATE limit_upkeep SET reset_due = $2 WHERE tenant_id = $1`;
export const RESET_ALLOWANCES = `SELECT reset_allowances($1, $2) AS started`;

export type CreditTransactionRow = {
  id: string;
  userId: string;
  seq: string;
  type: string;
  amount: string;
  balanceBefore: string;
  balanceAfter: string;
  referenceType: string | null;
  referenceId: string | null;
  metadata: { spent?: string; held?: string; to?: string | null };
  createdAt: Date;
};

/** Newest first; `$4` is the place where the last page ended. */
export const LIST_CREDIT_TRANSACTIONS = `
  SELECT t.id, t.user_id AS "userId", t.seq, t.transaction_type AS type, t.amount, t.balance_before AS "balanceBefore",
         t.balance_after AS "balanceAfter", t.reference_type AS "referenceType", t.reference_id AS "referenceId", t.metadata,
         t.created_at AS "createdAt"
  FROM credit_transactions t
  WHERE t.tenant_id = $1
    AND t.user_credit_id = (SELECT c.id FROM user_credits c WHERE c.tenant_id = $1 AND c.user_id = $2)
    AND ($4::bigint IS NULL OR t.seq < $4)
    AND ($5::varchar IS NULL OR t.transaction_type = $5)
  ORDER BY t.seq DESC
  LIMIT $3`;
