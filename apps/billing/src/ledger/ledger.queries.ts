import type { ListLedger } from '@leadwire/contracts';

export type LedgerRow = {
  id: string;
  walletId: string;
  seq: string;
  type: string;
  amount: string;
  balanceBefore: string;
  balanceAfter: string;
  reservedAmount: string;
  reservedBefore: string;
  reservedAfter: string;
  counterAccount: string;
  reservationId: string | null;
  hash: string;
  referenceType: string;
  referenceId: string | null;
  idempotencyKey: string;
  createdBy: string | null;
  description: string | null;
  createdAt: Date;
};

export const LEDGER_COLUMNS = `
  id, wallet_id AS "walletId", wallet_seq AS seq, transaction_type AS type, amount,
  balance_before AS "balanceBefore", balance_after AS "balanceAfter", reserved_amount AS "reservedAmount",
  reserved_before AS "reservedBefore", reserved_after AS "reservedAfter", counter_account AS "counterAccount",
  reservation_id AS "reservationId", encode(hash, 'hex') AS hash, reference_type AS "referenceType",
  reference_id AS "referenceId", idempotency_key AS "idempotencyKey", created_by AS "createdBy", description,
  created_at AS "createdAt"`;

export const LEDGER_TRANSACTION = `SELECT ${LEDGER_COLUMNS} FROM billing_ledger_transactions WHERE tenant_id = $1 AND id = $2`;

/** Newest first. `$3` is the place where the last page ended. */
export function listLedger({ type, referenceType, referenceId }: ListLedger): {
  sql: string;
  filters: unknown[];
} {
  const filters: unknown[] = [];
  const where: string[] = [];
  const bind = (condition: string, value: unknown) =>
    where.push(`AND ${condition} = $${filters.push(value) + 3}`);
  if (type !== undefined) bind('transaction_type', type);
  // Says literally what the partial index is for.
  if (type !== undefined && type !== 'debit') where.push(`AND transaction_type <> 'debit'`);
  if (referenceType !== undefined) bind('reference_type', referenceType);
  if (referenceId !== undefined) bind('reference_id', referenceId);
  const sql = `
    SELECT ${LEDGER_COLUMNS}
    FROM billing_ledger_transactions
    WHERE tenant_id = $1
      AND wallet_id = (SELECT id FROM billing_wallets WHERE tenant_id = $1 AND user_id IS NULL)
      AND ($3::bigint IS NULL OR wallet_seq < $3)
      ${where.join('\n      ')}
    ORDER BY wallet_seq DESC
    LIMIT $2`;
  return { sql, filters };
}
