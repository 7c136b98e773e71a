import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { DecimalText, Int, OneOf, Text, Timestamp, Uuid } from '../define/fields.js';
import { pageOf, PageRequest, type Page } from '../define/page.js';

export const LEDGER_TYPES = [
  'topup',
  'debit',
  'credit',
  'adjustment',
  'reservation',
  'release',
  'expiry',
  'reversal',
  'refund',
  'reinstatement',
] as const;
export type LedgerType = (typeof LEDGER_TYPES)[number];

export const LEDGER_REFERENCES = [
  'usage_event',
  'invoice',
  'manual',
  'stripe_payment',
  'trial',
  'reservation',
  'credit_lot',
  'credit_note',
] as const;
export type LedgerReference = (typeof LEDGER_REFERENCES)[number];

/** Where money in a wallet came from: paid for, given, or given to attract. */
export const CREDIT_SOURCES = ['prepaid', 'granted', 'promotional'] as const;
export type CreditSource = (typeof CREDIT_SOURCES)[number];

/** The other side of a posting. `held` is inside the wallet: what is only put aside has no other side. */
export const COUNTER_ACCOUNTS = [
  'cash',
  'promotions',
  'revenue',
  'breakage',
  'adjustments',
  'tax',
  'held',
] as const;
export type CounterAccount = (typeof COUNTER_ACCOUNTS)[number];

export class ListLedger extends PageRequest {
  @OneOf(LEDGER_TYPES, { optional: true })
  type?: LedgerType;

  @OneOf(LEDGER_REFERENCES, { optional: true })
  referenceType?: LedgerReference;

  @Uuid({ optional: true, description: 'What was paid for or with, e.g. the usage event.' })
  referenceId?: string;
}

/** One posting on a wallet; never changed afterwards. */
export class LedgerTransaction {
  @Uuid()
  id!: string;

  @Uuid()
  walletId!: string;

  @Int({ min: 1, description: 'Place in the wallet, 1, 2, 3 … without a gap.' })
  seq!: number;

  @OneOf(LEDGER_TYPES)
  type!: LedgerType;

  @DecimalText({ signed: true, description: 'Added to the balance; negative for debits.' })
  amount!: string;

  @DecimalText({ signed: true })
  balanceBefore!: string;

  @DecimalText({ signed: true })
  balanceAfter!: string;

  @DecimalText({
    signed: true,
    description: 'Added to what is held; negative when it is captured or given back.',
  })
  reservedAmount!: string;

  @DecimalText()
  reservedBefore!: string;

  @DecimalText()
  reservedAfter!: string;

  @OneOf(COUNTER_ACCOUNTS, { description: 'The account on the other side.' })
  counterAccount!: CounterAccount;

  @Uuid({ nullable: true, description: 'The reservation that it belongs to.' })
  reservationId!: string | null;

  @Text({
    max: 64,
    description: 'SHA-256, hexadecimal, over the hash of the posting before it and all of this one.',
  })
  hash!: string;

  @OneOf(LEDGER_REFERENCES)
  referenceType!: LedgerReference;

  @Uuid({ nullable: true })
  referenceId!: string | null;

  @Text({ max: 300, description: 'Two postings of a tenant never share it.' })
  idempotencyKey!: string;

  @Uuid({ nullable: true, description: 'Who posted it; null for the system.' })
  createdBy!: string | null;

  @Text({ max: 500, nullable: true })
  description!: string | null;

  @Timestamp()
  createdAt!: string;
}

export interface LedgerApi {
  /** The postings of the tenant's wallet, newest first. */
  list(ctx: Ctx, input: ListLedger): Promise<Page<LedgerTransaction>>;
}
export const ledgerApi = defineApi<LedgerApi>('billing.ledger', {
  list: { input: ListLedger, output: pageOf(LedgerTransaction), can: 'billing.read', idempotent: true },
});
