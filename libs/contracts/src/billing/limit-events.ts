import { defineEvent } from '../define/event.js';
import { Bool, DecimalText, OneOf, Text, Timestamp, Uuid } from '../define/fields.js';

export class CreditExpiredData {
  @Uuid()
  walletId!: string;

  @Uuid({ description: 'What it was a part of.' })
  creditLotId!: string;

  @Uuid({ description: 'The posting that took it out.' })
  ledgerTransactionId!: string;

  @DecimalText({ description: 'What had not been spent.' })
  amount!: string;

  @DecimalText({ description: 'Balance after it, in `currency`.' })
  balance!: string;

  @Text({ max: 3 })
  currency!: string;
}
export const CreditExpired = defineEvent(
  'billing.credit.expired',
  CreditExpiredData,
  'Credit that had an end was not spent in time.',
);

export class QuotaUsedUpData {
  @Text({ max: 60 })
  feature!: string;

  @OneOf(['day', 'month'])
  period!: string;

  @DecimalText()
  quota!: string;

  @DecimalText()
  used!: string;

  @Bool({ description: 'Whether more is refused; else it costs the overage rate, if there is one.' })
  hard!: boolean;

  @Timestamp()
  resetsAt!: string;
}
export const QuotaUsedUp = defineEvent(
  'billing.quota.used-up',
  QuotaUsedUpData,
  'A quota has no room left, or not enough for what was asked; said once a day or month.',
);

export class QuotaChangedData {
  @Text({ max: 60 })
  feature!: string;
}
export const QuotaChanged = defineEvent(
  'billing.quota.changed',
  QuotaChangedData,
  'What a team may use of a feature was changed.',
);

export class AllowanceUsedUpData {
  @Uuid()
  userId!: string;

  @DecimalText()
  monthlyAllowance!: string;

  @DecimalText()
  monthlyUsage!: string;

  @Timestamp()
  resetsAt!: string;
}
export const AllowanceUsedUp = defineEvent(
  'billing.allowance.used-up',
  AllowanceUsedUpData,
  'A member has nothing left of the monthly allowance.',
);

export class AllowanceChangedData {
  @Uuid()
  userId!: string;

  @DecimalText({ nullable: true, description: 'Null: without a limit.' })
  monthlyAllowance!: string | null;
}
export const AllowanceChanged = defineEvent(
  'billing.allowance.changed',
  AllowanceChangedData,
  'What a member may spend in a month was changed.',
);
