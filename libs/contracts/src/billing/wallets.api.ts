import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import {
  Bool,
  DecimalText,
  Int,
  JsonObject,
  Nested,
  OneOf,
  Text,
  Timestamp,
  Uuid,
} from '../define/fields.js';
import { Nothing } from '../define/page.js';
import { LedgerTransaction } from './ledger.api.js';
import { FREEZE_REASON_MAX } from './wallet-events.js';

export const WALLET_STATUSES = ['active', 'frozen', 'suspended', 'closed'] as const;
export type WalletStatus = (typeof WALLET_STATUSES)[number];

export class Wallet {
  @Uuid()
  id!: string;

  @Text({ max: 3, description: 'ISO 4217.' })
  currency!: string;

  @DecimalText({ description: 'What there is, in `currency`.' })
  balance!: string;

  @DecimalText({ description: 'The part of the balance that is held for something under way.' })
  reserved!: string;

  @DecimalText({ description: 'The balance without what is held.' })
  available!: string;

  @OneOf(WALLET_STATUSES)
  status!: WalletStatus;

  @Bool({ description: 'Whether usage waits to be charged because funds ended.' })
  exhausted!: boolean;

  @Text({ max: FREEZE_REASON_MAX, nullable: true, description: 'Why it is frozen.' })
  frozenReason!: string | null;

  @Timestamp({ nullable: true })
  frozenAt!: string | null;

  @DecimalText({ nullable: true, description: 'Below this, a warning is announced.' })
  lowBalanceThreshold!: string | null;

  @Timestamp({ nullable: true, description: 'Since when the balance has been low.' })
  lowBalanceNotifiedAt!: string | null;

  @JsonObject({ description: 'What the team keeps with it: labels, a cost centre.' })
  metadata!: Record<string, unknown>;

  @Timestamp()
  createdAt!: string;

  @Timestamp()
  updatedAt!: string;
}

/** Absent fields stay as they are. */
export class UpdateWallet {
  @DecimalText({
    optional: true,
    nullable: true,
    description:
      'Whoever looks after the team is told when the balance falls below it, and again only once it was a tenth above; null for never.',
    example: '20.00',
  })
  lowBalanceThreshold?: string | null;

  @JsonObject({
    optional: true,
    description: 'Replaces what was there.',
    example: { costCentre: '4711', labels: ['outbound'] },
  })
  metadata?: Record<string, unknown>;
}

/** The largest single top-up, in the wallet's currency. */
export const TOP_UP_MAX = '1000000';

export class TopUpWallet {
  @DecimalText({ description: `More than 0, at most ${TOP_UP_MAX}.`, example: '25.00' })
  amount!: string;

  @Text({
    min: 1,
    max: 500,
    optional: true,
    description: 'Shown in the ledger.',
    example: 'Invoice 2026-118',
  })
  description?: string;
}

export class WalletTopUp {
  @Nested(() => LedgerTransaction)
  transaction!: LedgerTransaction;

  @Nested(() => Wallet, {
    description: 'After the top-up, and after waiting usage was charged as far as it went at once.',
  })
  wallet!: Wallet;
}

/** The wallet held against its ledger and usage, in one snapshot. */
export class WalletAudit {
  @Uuid()
  walletId!: string;

  @DecimalText({ signed: true })
  walletBalance!: string;

  @DecimalText({ signed: true, description: 'Sum of all postings; equals the balance.' })
  ledgerSum!: string;

  @Int({ min: 0, description: 'Postings in all.' })
  ledgerTransactions!: number;

  @Int({ min: 0, description: 'Postings that charge usage; equals `usageCharged`.' })
  ledgerDebits!: number;

  @DecimalText({ description: 'What they took.' })
  debited!: string;

  @Int({
    min: 0,
    description: 'Postings that gave back what voided usage was charged; equals `usageReversed`.',
  })
  ledgerReversals!: number;

  @DecimalText({ description: 'What they gave back.' })
  reversed!: string;

  @Int({ min: 0, description: 'Usage that was ever charged; what was voided since stays in it.' })
  usageCharged!: number;

  @DecimalText({ description: 'What it was charged; equals `debited`.' })
  usageChargedCost!: string;

  @Int({ min: 0, description: 'The part of it that was voided, corrected or rated again.' })
  usageReversed!: number;

  @DecimalText({ description: 'What that was charged; equals `reversed`.' })
  usageReversedCost!: string;

  @Int({ min: 0 })
  usagePending!: number;

  @DecimalText()
  usagePendingCost!: string;

  @Bool({
    description:
      'Whether postings are numbered 1 … n without a gap, each starting from the balance the last one left.',
  })
  seqDense!: boolean;

  @Bool({ description: 'Whether everything above agrees.' })
  ok!: boolean;
}

export interface WalletsApi {
  /** The tenant's wallet; it exists, with its trial credit, from the first look on. */
  get(ctx: Ctx, input: Nothing): Promise<Wallet>;
  /** Changes when the team is warned, and what it keeps with the wallet; a new threshold warns anew. */
  update(ctx: Ctx, input: UpdateWallet): Promise<Wallet>;
  /**
   * Adds money and charges waiting usage, oldest first.
   * @throws AppError `request.invalid` | `wallet.key_reused` | `wallet.frozen` | `wallet.full`
   */
  topUp(ctx: Ctx, input: TopUpWallet): Promise<WalletTopUp>;
  /** Adds the whole ledger up; it takes as long as the ledger is. */
  audit(ctx: Ctx, input: Nothing): Promise<WalletAudit>;
}
export const walletsApi = defineApi<WalletsApi>('billing.wallets', {
  get: { input: Nothing, output: Wallet, can: 'billing.read', idempotent: true },
  update: { input: UpdateWallet, output: Wallet, can: 'billing.settings', idempotent: true },
  topUp: { input: TopUpWallet, output: WalletTopUp, can: 'billing.topup' },
  audit: { input: Nothing, output: WalletAudit, can: 'billing.read', idempotent: true },
});
