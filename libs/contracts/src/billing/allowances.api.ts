import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { DecimalText, OneOf, Text, Timestamp, Uuid } from '../define/fields.js';
import { Nothing, pageOf, PageRequest, type Page } from '../define/page.js';

/** The largest monthly allowance, in the wallet's currency. */
export const ALLOWANCE_MAX = '1000000';

export const CREDIT_TRANSACTION_TYPES = ['allowance', 'reset', 'usage', 'hold', 'release'] as const;
export type CreditTransactionType = (typeof CREDIT_TRANSACTION_TYPES)[number];

export class ListUserCredits extends PageRequest {}

/** What a member may still spend of the team's wallet this month (UTC). */
export class UserCredit {
  @Uuid()
  userId!: string;

  @DecimalText({ nullable: true, description: 'Null: without a limit, and nothing is counted.' })
  monthlyAllowance!: string | null;

  @DecimalText({ description: 'What is left of the allowance; never below zero.' })
  balance!: string;

  @DecimalText({ description: 'Spent this month; more than the allowance where usage was heard of later.' })
  monthlyUsage!: string;

  @DecimalText({ description: 'Held for what is under way.' })
  held!: string;

  @Timestamp({ description: 'When the allowance begins anew.' })
  resetsAt!: string;
}

export class SetAllowance {
  @Uuid({ description: 'A member of the team.' })
  userId!: string;

  @DecimalText({ nullable: true, description: `At most ${ALLOWANCE_MAX}; null for no limit.`, example: '50' })
  monthlyAllowance!: string | null;
}

export class ListCreditTransactions extends PageRequest {
  @Uuid()
  userId!: string;

  @OneOf(CREDIT_TRANSACTION_TYPES, { optional: true })
  type?: CreditTransactionType;
}

/** One change of what a member has left; never changed afterwards. */
export class CreditTransaction {
  @Uuid()
  id!: string;

  @Uuid({ description: 'Whose allowance it changed.' })
  userId!: string;

  @OneOf(CREDIT_TRANSACTION_TYPES)
  type!: CreditTransactionType;

  @DecimalText({ signed: true, description: 'Added to the balance.' })
  amount!: string;

  @DecimalText()
  balanceBefore!: string;

  @DecimalText()
  balanceAfter!: string;

  @DecimalText({ signed: true, nullable: true, description: 'What it added to the usage of the month.' })
  spent!: string | null;

  @DecimalText({ signed: true, nullable: true, description: 'What it added to what is held.' })
  held!: string | null;

  @Uuid({ nullable: true, description: 'The posting on the wallet; null for resets and new allowances.' })
  ledgerTransactionId!: string | null;

  @Uuid({ nullable: true, description: 'Who changed the allowance.' })
  changedBy!: string | null;

  @Text({ max: 40, nullable: true, description: 'The new allowance, where it was changed.' })
  allowance!: string | null;

  @Timestamp()
  createdAt!: string;
}

export interface AllowancesApi {
  /** Members who have, or had, an allowance. */
  list(ctx: Ctx, input: ListUserCredits): Promise<Page<UserCredit>>;
  /** The caller's own. */
  mine(ctx: Ctx, input: Nothing): Promise<UserCredit>;
  /** @throws AppError `member.not_found` | `request.invalid` */
  set(ctx: Ctx, input: SetAllowance): Promise<UserCredit>;
  /** Newest first. @throws AppError `member.not_found` */
  transactions(ctx: Ctx, input: ListCreditTransactions): Promise<Page<CreditTransaction>>;
}
export const allowancesApi = defineApi<AllowancesApi>('billing.allowances', {
  list: { input: ListUserCredits, output: pageOf(UserCredit), can: 'billing.read', idempotent: true },
  mine: { input: Nothing, output: UserCredit, can: 'signed-in', idempotent: true },
  set: { input: SetAllowance, output: UserCredit, can: 'billing.settings', idempotent: true },
  transactions: {
    input: ListCreditTransactions,
    output: pageOf(CreditTransaction),
    can: 'billing.read',
    idempotent: true,
  },
});
