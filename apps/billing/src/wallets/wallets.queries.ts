export type WalletView = {
  id: string;
  currency: string;
  balance: string;
  reserved: string;
  available: string;
  status: string;
  exhausted: boolean;
  frozenReason: string | null;
  frozenAt: Date | null;
  lowBalanceThreshold: string | null;
  lowBalanceNotifiedAt: Date | null;
  metadata: Record<string, unknown>;
  createdAt: Date;
  updatedAt: Date;
};

export const GET_WALLET = `
  SELECT id, currency, current_balance AS balance, reserved_balance AS reserved,
         current_balance - reserved_balance AS available, status, exhausted_at IS NOT NULL AS exhausted,
         frozen_reason AS "frozenReason", frozen_at AS "frozenAt",
         low_balance_threshold AS "lowBalanceThreshold", low_balance_notified_at AS "lowBalanceNotifiedAt",
         metadata, created_at AS "createdAt", updated_at AS "updatedAt"
  FROM billing_wallets
  WHERE tenant_id = $1
    AND user_id IS NULL`;

/** A new threshold forgets that the old one was announced. */
export const SET_LOW_BALANCE_THRESHOLD = `
  UPDATE billing_wallets
  SET low_balance_threshold = $3, low_balance_notified_at = NULL
  WHERE tenant_id = $1
    AND id = $2
    AND low_balance_threshold IS DISTINCT FROM $3`;

export const SET_METADATA = `
  UPDATE billing_wallets
  SET metadata = $3
  WHERE tenant_id = $1
    AND id = $2`;

/**
 * One statement, so that all of it is seen at one moment. Voided usage keeps the debit that charged it, and names the reversal that gave
 * it back: both are held against their postings, whatever became of the usage.
 */
export const AUDIT = `
  WITH wallet AS (
    SELECT id, current_balance, last_seq
    FROM billing_wallets
    WHERE tenant_id = $1 AND user_id IS NULL
  ),
  posting AS (
    SELECT l.amount, l.balance_before, l.balance_after, l.wallet_seq, l.transaction_type, l.reference_type,
           row_number() OVER w AS place,
           lag(l.balance_after, 1, 0::numeric) OVER w AS balance_left
    FROM billing_ledger_transactions l
    JOIN wallet ON l.wallet_id = wallet.id
    WHERE l.tenant_id = $1
    WINDOW w AS (ORDER BY l.wallet_seq)
  ),
  ledger AS (
    SELECT coalesce(sum(amount), 0)::numeric(20,6) AS total,
           count(*) AS transactions,
           count(*) FILTER (WHERE transaction_type = 'debit' AND reference_type = 'usage_event') AS debits,
           coalesce(-sum(amount) FILTER (WHERE transaction_type = 'debit' AND reference_type = 'usage_event'), 0)::numeric(20,6)
             AS debited,
           count(*) FILTER (WHERE transaction_type = 'reversal') AS reversals,
           coalesce(sum(amount) FILTER (WHERE transaction_type = 'reversal'), 0)::numeric(20,6) AS reversed,
           count(*) FILTER (WHERE wallet_seq <> place OR balance_before <> balance_left) AS breaks
    FROM posting
  ),
  usage AS (
    SELECT count(*) FILTER (WHERE ledger_transaction_id IS NOT NULL) AS charged,
           coalesce(sum(total_cost) FILTER (WHERE ledger_transaction_id IS NOT NULL), 0)::numeric(20,6) AS charged_cost,
           count(*) FILTER (WHERE reversal_transaction_id IS NOT NULL) AS reversed,
           coalesce(sum(total_cost) FILTER (WHERE reversal_transaction_id IS NOT NULL), 0)::numeric(20,6) AS reversed_cost,
           count(*) FILTER (WHERE status = 'pending') AS pending,
           coalesce(sum(total_cost) FILTER (WHERE status = 'pending'), 0)::numeric(20,6) AS pending_cost
    FROM billing_usage_events
    WHERE tenant_id = $1
  )
  SELECT wallet.id AS "walletId", wallet.current_balance AS "walletBalance", ledger.total AS "ledgerSum",
         ledger.transactions::int AS "ledgerTransactions", ledger.debits::int AS "ledgerDebits", ledger.debited,
         ledger.reversals::int AS "ledgerReversals", ledger.reversed,
         usage.charged::int AS "usageCharged", usage.charged_cost AS "usageChargedCost",
         usage.reversed::int AS "usageReversed", usage.reversed_cost AS "usageReversedCost",
         usage.pending::int AS "usagePending", usage.pending_cost AS "usagePendingCost",
         ledger.breaks = 0 AND ledger.transactions = wallet.last_seq AS "seqDense",
         ledger.breaks = 0 AND ledger.transactions = wallet.last_seq AND ledger.total = wallet.current_balance
           AND ledger.debits = usage.charged AND ledger.debited = usage.charged_cost
           AND ledger.reversals = usage.reversed AND ledger.reversed = usage.reversed_cost AS ok
  FROM wallet, ledger, usage`;
