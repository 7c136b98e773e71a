export type CreditLotRow = {
  id: string;
  seq: string;
  source: string;
  priority: number;
  status: string;
  granted: string;
  spent: string;
  expired: string;
  remaining: string;
  expiresAt: Date | null;
  description: string | null;
  createdAt: Date;
};

/** Newest first. `$3` is the place where the last page ended, `$4` true for those only that can still be spent. */
export const LIST_CREDIT_LOTS = `
  SELECT t.id, t.wallet_seq AS seq, t.source, t.priority,
         CASE WHEN t.remaining > 0 THEN 'open' WHEN x.expired > 0 THEN 'expired' ELSE 'spent' END AS status,
         t.granted, (t.granted - t.remaining - x.expired)::numeric(20,6) AS spent, x.expired, t.remaining,
         t.expires_at AS "expiresAt", l.description, t.created_at AS "createdAt"
  FROM billing_credit_lots t
  JOIN billing_ledger_transactions l ON l.tenant_id = t.tenant_id AND l.id = t.id
  CROSS JOIN LATERAL (
    SELECT coalesce(-sum(e.amount), 0)::numeric(20,6) AS expired
    FROM billing_ledger_transactions e
    WHERE e.tenant_id = t.tenant_id AND e.reference_id = t.id AND e.transaction_type = 'expiry') x
  WHERE t.tenant_id = $1
    AND t.wallet_id = (SELECT id FROM billing_wallets WHERE tenant_id = $1 AND user_id IS NULL)
    AND ($3::bigint IS NULL OR t.wallet_seq < $3)
    AND (NOT $4::boolean OR t.remaining > 0)
  ORDER BY t.wallet_seq DESC
  LIMIT $2`;
