import type { ListTopUps, TopUp, TopUpOrigin, TopUpStatus } from '@leadwire/contracts';

export type TopUpRow = {
  id: string;
  walletId: string;
  origin: TopUpOrigin;
  status: TopUpStatus;
  amount: string;
  currency: string;
  refunded: string;
  disputed: string;
  attempt: number;
  savesMethod: boolean;
  customerId: string;
  sessionId: string | null;
  paymentId: string | null;
  methodId: string | null;
  checkoutUrl: string | null;
  failureCode: string | null;
  ledgerTransactionId: string | null;
  createdBy: string | null;
  expiresAt: Date | null;
  paidAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
};

const COLUMNS = `
  id, wallet_id AS "walletId", origin, status, amount, currency, refunded, disputed, attempt, saves_method AS "savesMethod",
  customer_id AS "customerId", session_id AS "sessionId", payment_intent_id AS "paymentId",
  payment_method_id AS "methodId", checkout_url AS "checkoutUrl", failure_code AS "failureCode",
  ledger_transaction_id AS "ledgerTransactionId", created_by AS "createdBy", expires_at AS "expiresAt", paid_at AS "paidAt",
  created_at AS "createdAt", updated_at AS "updatedAt"`;

export const GET_TOP_UP = `SELECT ${COLUMNS} FROM billing_top_ups WHERE tenant_id = $1 AND id = $2`;
export const LOCK_TOP_UP = `${GET_TOP_UP} FOR UPDATE`;
export const TOP_UP_OF_REQUEST = `SELECT ${COLUMNS} FROM billing_top_ups WHERE tenant_id = $1 AND request_key = $2`;

export const INSERT_TOP_UP = `
  INSERT INTO billing_top_ups (id, tenant_id, wallet_id, origin, amount, currency, request_key, saves_method, customer_id,
    payment_method_id, created_by, created_at)
  VALUES ($2, $1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
  ON CONFLICT (tenant_id, request_key) DO NOTHING
  RETURNING ${COLUMNS}`;

export const KEEP_CHECKOUT = `
  UPDATE billing_top_ups
  SET status = CASE WHEN status = 'failed' THEN 'created' ELSE status END, failure_code = NULL,
      session_id = $3, checkout_url = $4, expires_at = $5
  WHERE tenant_id = $1 AND id = $2
  RETURNING ${COLUMNS}`;

/** A new key at the provider is taken only after an answer that it keeps under the old one. */
export const NOT_OPENED = `
  UPDATE billing_top_ups
  SET status = 'failed', failure_code = $3, attempt = attempt + $4
  WHERE tenant_id = $1 AND id = $2 AND status IN ('created', 'failed') AND session_id IS NULL`;

export const NEXT_ATTEMPT = `UPDATE billing_top_ups SET attempt = attempt + 1 WHERE tenant_id = $1 AND id = $2`;

export const PAYMENT_OF_TOP_UP = `
  UPDATE billing_top_ups
  SET payment_intent_id = $3
  WHERE tenant_id = $1 AND id = $2 AND payment_intent_id IS NULL`;

export const TOP_UP_PAID = `
  UPDATE billing_top_ups
  SET status = 'succeeded', ledger_transaction_id = $3, paid_at = $4, failure_code = NULL, checkout_url = NULL
  WHERE tenant_id = $1 AND id = $2 AND ledger_transaction_id IS NULL`;

/** What is paid stays paid, whatever comes later than it happened. */
export const TOP_UP_IS = `
  UPDATE billing_top_ups
  SET status = $3::varchar, failure_code = $4, checkout_url = CASE WHEN $3::varchar = 'created' THEN checkout_url END
  WHERE tenant_id = $1 AND id = $2 AND ledger_transaction_id IS NULL`;

/** Newest first; `$3` and `$4` are where the last page ended. */
export function listTopUps({ status, origin }: ListTopUps): { sql: string; filters: unknown[] } {
  const filters: unknown[] = [];
  const where: string[] = [];
  const bind = (condition: string, value: unknown) =>
    where.push(`AND ${condition} = $${filters.push(value) + 4}`);
  if (status !== undefined) bind('status', status);
  if (origin !== undefined) bind('origin', origin);
  const sql = `
    SELECT ${COLUMNS}
    FROM billing_top_ups
    WHERE tenant_id = $1
      AND ($3::timestamptz IS NULL OR (created_at, id) < ($3, $4::uuid))
      ${where.join('\n      ')}
    ORDER BY created_at DESC, id DESC
    LIMIT $2`;
  return { sql, filters };
}

/** As callers see it. */
export function toTopUp(row: TopUpRow): TopUp {
  const { id, origin, status, amount, currency, refunded, disputed, checkoutUrl, failureCode } = row;
  const { ledgerTransactionId, createdBy } = row;
  return {
    id,
    origin,
    status,
    amount,
    currency,
    refunded,
    disputed,
    checkoutUrl: status === 'created' ? checkoutUrl : null,
    failureCode,
    ledgerTransactionId,
    createdBy,
    expiresAt: row.expiresAt?.toISOString() ?? null,
    paidAt: row.paidAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}
