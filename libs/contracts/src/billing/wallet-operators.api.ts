import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { DecimalText, Int, ListOf, OneOf, Text, Timestamp, Uuid } from '../define/fields.js';
import { PageRequest, pageOf, type Page } from '../define/page.js';
import { TenantRef } from '../identity/tenants.api.js';
import { FREEZE_CAUSES, FREEZE_REASON_MAX, type FreezeCause } from './wallet-events.js';
import { WALLET_STATUSES, type WalletStatus } from './wallets.api.js';

/** Broken rows that one audit names; more of them say nothing more. */
export const VIOLATIONS_NAMED_MAX = 100;

export class ListWalletUpkeep extends PageRequest {}

/** How far the ledger of a wallet was audited. */
export class WalletUpkeep {
  @Uuid()
  tenantId!: string;

  @Uuid()
  walletId!: string;

  @Int({ min: 0, description: 'Postings in all.' })
  postings!: number;

  @Int({ min: 0, description: 'How many of them were audited as they came.' })
  auditedPostings!: number;

  @Timestamp({
    description: 'When all of it was last held against every invariant; at first, since when it exists.',
  })
  fullyAuditedAt!: string;
}

/** A wallet as those see it who run the platform. */
export class OperatorWallet {
  @Uuid()
  tenantId!: string;

  @Uuid()
  walletId!: string;

  @Text({ max: 3 })
  currency!: string;

  @DecimalText({ signed: true })
  balance!: string;

  @DecimalText()
  reserved!: string;

  @OneOf(WALLET_STATUSES)
  status!: WalletStatus;

  @OneOf(FREEZE_CAUSES, { nullable: true })
  frozenCause!: FreezeCause | null;

  @Text({ max: FREEZE_REASON_MAX, nullable: true })
  frozenReason!: string | null;

  @Timestamp({ nullable: true })
  frozenAt!: string | null;
}

/** A row that breaks an invariant of docs/billing-invariants.md. */
export class InvariantViolation {
  @Text({ max: 300, description: 'Its number and what should hold.' })
  invariant!: string;

  @Text({ max: 400, description: 'The row, by its id or key.' })
  row!: string;

  @Text({ max: 1000 })
  detail!: string;
}

export class WalletVerdict {
  @Uuid()
  walletId!: string;

  @OneOf(WALLET_STATUSES, { description: 'After the audit: a violation freezes the wallet.' })
  status!: WalletStatus;

  @Int({ min: 0 })
  postings!: number;

  @ListOf(() => InvariantViolation, { items: VIOLATIONS_NAMED_MAX })
  violations!: InvariantViolation[];
}

export class FreezeWallet extends TenantRef {
  @Text({ min: 1, max: FREEZE_REASON_MAX, pattern: /\S/, description: 'Shown to the team.' })
  reason!: string;
}

/** What only those may ask who run the platform; no route leads here. */
export interface WalletOperatorsApi {
  /** Every wallet that was ever posted on, and how far it was audited. */
  list(ctx: Ctx, input: ListWalletUpkeep): Promise<Page<WalletUpkeep>>;
  get(ctx: Ctx, input: TenantRef): Promise<OperatorWallet>;
  /** Holds the wallet against every invariant; the first violation freezes it. */
  audit(ctx: Ctx, input: TenantRef): Promise<WalletVerdict>;
  /** @throws AppError `wallet.frozen` when it is frozen or closed already */
  freeze(ctx: Ctx, input: FreezeWallet): Promise<OperatorWallet>;
  /** @throws AppError `wallet.not_frozen` | `wallet.violated` while an invariant is still broken */
  unfreeze(ctx: Ctx, input: TenantRef): Promise<OperatorWallet>;
}
export const walletOperatorsApi = defineApi<WalletOperatorsApi>('billing.wallet-operators', {
  list: { input: ListWalletUpkeep, output: pageOf(WalletUpkeep), can: 'system', idempotent: true },
  get: { input: TenantRef, output: OperatorWallet, can: 'system', idempotent: true },
  audit: { input: TenantRef, output: WalletVerdict, can: 'system' },
  freeze: { input: FreezeWallet, output: OperatorWallet, can: 'system' },
  unfreeze: { input: TenantRef, output: OperatorWallet, can: 'system' },
});
