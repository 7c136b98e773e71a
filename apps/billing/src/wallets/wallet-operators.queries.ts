import type { FreezeCause, WalletStatus } from '@leadwire/contracts';

export type WalletUpkeepRow = {
  tenantId: string;
  walletId: string;
  postings: string;
  auditedPostings: string;
  fullyAuditedAt: Date;
};

/** `$1`: where the last page ended. */
export const LIST_WALLET_UPKEEP = `
  SELECT tenant_id AS "tenantId", wallet_id AS "walletId", last_seq AS postings, audited_seq AS "auditedPostings",
         fully_audited_at AS "fullyAuditedAt"
  FROM wallet_upkeep
  WHERE $1::uuid IS NULL OR wallet_id > $1
  ORDER BY wallet_id
  LIMIT $2`;

export type OperatorWalletRow = {
  tenantId: string;
  walletId: string;
  currency: string;
  balance: string;
  reserved: string;
  status: WalletStatus;
  frozenCause: FreezeCause | null;
  frozenReason: string | null;
  frozenAt: Date | null;
  postings: string;
};

export const OPERATOR_WALLET = `
  SELECT tenant_id AS "tenantId", id AS "walletId", currency, current_balance AS balance, reserved_balance AS reserved, status,
         frozen_cause AS "frozenCause", frozen_reason AS "frozenReason", frozen_at AS "frozenAt", last_seq AS postings
  FROM billing_wallets
  WHERE tenant_id = $1
    AND user_id IS NULL`;
